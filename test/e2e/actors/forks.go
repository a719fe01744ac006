package actors

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Person makes an account at the forge, who has a permission for the repository: read,
// write or admin.
func (f *Forge) Person(ctx context.Context, name, permission string) error {
	err := f.call(ctx, question{http.MethodPost, "/admin/users", map[string]any{
		"username": name, "email": name + "@example.com", "password": "pa55word-of-" + name, "must_change_password": false,
	}}, nil)
	if err != nil && !exists(err) {
		return err
	}
	return f.call(ctx, question{http.MethodPut, f.api() + "/collaborators/" + name, map[string]string{"permission": permission}}, nil)
}

// TakeOver gives an account another name, and the one that it had to a new account, which
// may read the repository.
func (f *Forge) TakeOver(ctx context.Context, name, was string) error {
	if err := f.call(ctx, question{http.MethodPost, "/admin/users/" + name + "/rename", map[string]string{"new_username": was}}, nil); err != nil {
		return err
	}
	if err := f.call(ctx, question{http.MethodPost, "/admin/users", map[string]any{
		"username": name, "email": "new-" + name + "@example.com", "password": "pa55word-of-" + name, "must_change_password": false,
	}}, nil); err != nil {
		return err
	}
	return f.call(ctx, question{http.MethodPut, f.api() + "/collaborators/" + name, map[string]string{"permission": "read"}}, nil)
}

// as asks as somebody else, which an administrator may.
func (f *Forge) as(name string) *Forge {
	out := *f
	out.sudo = name
	return &out
}

// OpenFromFork has somebody fork the repository, push to a branch of theirs and open a
// pull request.
func (f *Forge) OpenFromFork(ctx context.Context, name, title string) (PullRequest, error) {
	theirs := f.as(name)
	if err := theirs.call(ctx, question{http.MethodPost, f.api() + "/forks", map[string]any{}}, nil); err != nil && !exists(err) {
		return PullRequest{}, err
	}
	branch := fmt.Sprintf("theirs-%d", time.Now().UnixNano())
	if _, err := theirs.commit(ctx, commit{
		owner: name, repo: f.repo, branch: "main", newBranch: branch, message: title, files: map[string]string{branch + ".html": title + "\n"},
	}); err != nil {
		return PullRequest{}, err
	}
	var created pull
	err := theirs.call(ctx, question{http.MethodPost, f.pulls(), map[string]any{"title": title, "head": name + ":" + branch, "base": "main"}}, &created)
	return created.request(), err
}

// PushToFork has somebody push to the branch of a pull request in their fork.
func (f *Forge) PushToFork(ctx context.Context, name string, pr PullRequest) (PullRequest, error) {
	_, err := f.as(name).commit(ctx, commit{
		owner: name, repo: f.repo, branch: pr.Branch, message: "More", files: map[string]string{pr.Branch + ".html": time.Now().String() + "\n"},
	})
	if err != nil {
		return pr, err
	}
	return f.Get(ctx, pr.Number)
}

// SayAs comments on a pull request as somebody.
func (f *Forge) SayAs(ctx context.Context, name string, pr PullRequest, text string) error {
	return f.as(name).call(ctx, question{http.MethodPost, f.api() + "/issues/" + strconv.Itoa(pr.Number) + "/comments", map[string]string{"body": text}}, nil)
}

// ReviewAs approves of a pull request as somebody, and returns the review.
func (f *Forge) ReviewAs(ctx context.Context, name string, pr PullRequest) (id int64, err error) {
	var made struct {
		ID int64 `json:"id"`
	}
	err = f.as(name).call(ctx, question{http.MethodPost, f.pullPath(pr.Number) + "/reviews", map[string]string{"event": "APPROVED", "body": "Good."}}, &made)
	return made.ID, err
}

// Dismiss takes a review back.
func (f *Forge) Dismiss(ctx context.Context, pr PullRequest, review int64) error {
	path := f.pullPath(pr.Number) + "/reviews/" + strconv.FormatInt(review, 10) + "/dismissals"
	return f.call(ctx, question{http.MethodPost, path, map[string]any{"message": "Look again.", "priors": false}}, nil)
}

// LabelAs sets a label as somebody, who makes it where it is not there.
func (f *Forge) LabelAs(ctx context.Context, name string, pr PullRequest, text string) error {
	var all []label
	if err := f.call(ctx, question{http.MethodGet, f.api() + "/labels?limit=50", nil}, &all); err != nil {
		return err
	}
	var id int64
	for _, one := range all {
		if one.Name == text {
			id = one.ID
		}
	}
	if id == 0 {
		var made label
		if err := f.call(ctx, question{http.MethodPost, f.api() + "/labels", map[string]any{"name": text, "color": "#0e8a16"}}, &made); err != nil {
			return err
		}
		id = made.ID
	}
	return f.as(name).call(ctx, question{http.MethodPost, f.labelsPath(pr.Number), map[string]any{"labels": []int64{id}}}, nil)
}

// ApprovalToken makes a token that reads what people say of pull requests.
func (f *Forge) ApprovalToken(ctx context.Context) (string, error) {
	return f.token(ctx, "eddy-approvals", "read:repository", "read:issue")
}

// RestartOperator ends the operator's process, of which the system starts another.
func (w *World) RestartOperator() error {
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	ended := 0
	for _, file := range all {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		words := strings.Split(string(text), "\x00")
		if len(words) < 2 || words[1] != "operator" || !w.ours(filepath.Dir(file)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return err
		}
		ended++
	}
	if ended == 0 {
		return fmt.Errorf("no process of the operator is there")
	}
	return nil
}

// ours reports whether a process is one of this system.
func (w *World) ours(process string) bool {
	environment, err := os.ReadFile(filepath.Join(process, "environ"))
	return err == nil && strings.Contains(string(environment), w.System.Dir)
}
