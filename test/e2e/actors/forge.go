package actors

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Forge is Gitea's API as its administrator uses it: with the same requests
// that the README offers as curl commands.
type Forge struct {
	gitea Gitea
	http  *http.Client
	// repo is the application's repository.
	repo string
	// sudo is who asks in the administrator's place; empty for nobody.
	sudo string
}

// In returns the same forge with another repository.
func (f *Forge) In(repo string) *Forge { return &Forge{gitea: f.gitea, http: f.http, repo: repo} }

// statusError is an answer that is not a success.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.text) }

func isStatus(err error, codes ...int) bool {
	status := &statusError{}
	return errors.As(err, &status) && slices.Contains(codes, status.code)
}

// question is what Gitea is asked: a method of a path, with a body that is sent as
// JSON unless it is nil.
type question struct {
	method, path string
	body         any
}

// call asks, and reads the answer into out, which may be nil.
func (f *Forge) call(ctx context.Context, q question, out any) error {
	body := &bytes.Buffer{}
	if q.body != nil {
		if err := json.NewEncoder(body).Encode(q.body); err != nil {
			return fmt.Errorf("encoding the request %s %s: %w", q.method, q.path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, q.method, f.gitea.URL+"/api/v1"+q.path, body)
	if err != nil {
		return fmt.Errorf("asking Gitea: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	// Tokens can only be made with the password.
	req.SetBasicAuth(f.gitea.Username, f.gitea.Password)
	if f.sudo != "" {
		req.Header.Set("Sudo", f.sudo)
	}
	resp, err := f.http.Do(req)
	if err != nil {
		return fmt.Errorf("asking Gitea: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost when closing a read body fails
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("asking Gitea: %s %s: %w", q.method, q.path, err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("asking Gitea: %s %s: %w", q.method, q.path, &statusError{resp.StatusCode, string(text)})
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("asking Gitea: %s %s: decoding the answer: %w", q.method, q.path, err)
	}
	return nil
}

// exists is an answer to the wish to create what is there already.
func exists(err error) bool {
	return isStatus(err, http.StatusConflict, http.StatusUnprocessableEntity)
}

// Prepare creates the organisation, the application's repository and its
// label, where they are not there.
func (f *Forge) Prepare(ctx context.Context) error {
	err := f.call(ctx, question{http.MethodPost, "/orgs", map[string]any{"username": owner}}, nil)
	if err != nil && !exists(err) {
		return err
	}
	created, err := f.createRepository(ctx, f.repo, "private")
	if err != nil || !created {
		return err
	}
	if _, err := f.commit(ctx, commit{repo: f.repo, branch: "main", message: "Start", files: map[string]string{
		"index.html": "Hello.\n",
	}}); err != nil {
		return err
	}
	return f.call(ctx, question{http.MethodPost, f.api() + "/labels", map[string]any{"name": ReadyLabel, "color": "#0e8a16", "description": "CI has pushed the image"}}, nil)
}

// PublishFleet stores the files as the fleet repository, where there is none.
func (f *Forge) PublishFleet(ctx context.Context, files map[string]string) error {
	created, err := f.createRepository(ctx, fleetGit, "public")
	if err != nil || !created {
		return err
	}
	_, err = f.commit(ctx, commit{repo: fleetGit, branch: "main", message: "Previews for api", files: files})
	return err
}

// AddToFleet commits further files to the fleet repository.
func (f *Forge) AddToFleet(ctx context.Context, message string, files map[string]string) error {
	_, err := f.commit(ctx, commit{repo: fleetGit, branch: "main", message: message, files: files})
	return err
}

func (f *Forge) createRepository(ctx context.Context, name, visibility string) (created bool, err error) {
	err = f.call(ctx, question{http.MethodPost, "/orgs/" + owner + "/repos", map[string]any{
		"name": name, "private": visibility == "private", "auto_init": true, "default_branch": "main",
	}}, nil)
	if exists(err) {
		return false, nil
	}
	return err == nil, err
}

// FleetURL is where Flux clones the fleet repository from.
func (f *Forge) FleetURL() string { return f.gitea.URL + "/" + owner + "/" + fleetGit + ".git" }

// AppURL is the application's repository.
func (f *Forge) AppURL() string { return f.gitea.URL + "/" + owner + "/" + f.repo }

// Show lets everybody see the application's repository, and Hide nobody but its members.
func (f *Forge) Show(ctx context.Context) error {
	return f.publish(ctx, map[string]any{"private": false})
}

// Hide undoes Show.
func (f *Forge) Hide(ctx context.Context) error {
	return f.publish(ctx, map[string]any{"private": true})
}

func (f *Forge) publish(ctx context.Context, as map[string]any) error {
	return f.call(ctx, question{http.MethodPatch, f.api(), as}, nil)
}

// Page is where people look at a pull request.
func (f *Forge) Page(pr PullRequest) string { return f.AppURL() + "/pulls/" + strconv.Itoa(pr.Number) }

// ReadToken makes a token that may read repositories and nothing else: the
// seed's "code-read scope".
func (f *Forge) ReadToken(ctx context.Context) (string, error) {
	return f.token(ctx, "eddy-previews", "read:repository")
}

// token makes a token with scopes, in the place of one of the same name.
func (f *Forge) token(ctx context.Context, name string, scopes ...string) (string, error) {
	tokens := "/users/" + url.PathEscape(f.gitea.Username) + "/tokens"
	err := f.call(ctx, question{http.MethodDelete, tokens + "/" + name, nil}, nil)
	if err != nil && !isStatus(err, http.StatusNotFound) {
		return "", err
	}
	var token struct {
		SHA1 string `json:"sha1"`
	}
	err = f.call(ctx, question{http.MethodPost, tokens, map[string]any{"name": name, "scopes": scopes}}, &token)
	return token.SHA1, err
}

// commit is a change of several files on a branch.
type commit struct {
	// owner is whose repository it is; that of the others where it is empty.
	owner        string
	repo, branch string
	// newBranch starts from branch and gets the commit, when not empty.
	newBranch string
	message   string
	files     map[string]string
}

// commit returns the new commit's name.
func (f *Forge) commit(ctx context.Context, c commit) (string, error) {
	var files []map[string]string
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		files = append(files, map[string]string{
			"operation": "upload", "path": path,
			"content": base64.StdEncoding.EncodeToString([]byte(c.files[path])),
		})
	}
	var answer struct {
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	err := f.call(ctx, question{http.MethodPost, "/repos/" + cmp.Or(c.owner, owner) + "/" + c.repo + "/contents", map[string]any{
		"branch": c.branch, "new_branch": c.newBranch, "message": c.message, "files": files,
	}}, &answer)
	return answer.Commit.SHA, err
}
