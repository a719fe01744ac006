package actors

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// pull is a pull request in Gitea's JSON.
type pull struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	State  string `json:"state"`
	URL    string `json:"html_url"`
	Head   struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	} `json:"head"`
	Labels []label `json:"labels"`
}

type label struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (p pull) request() PullRequest {
	out := PullRequest{
		Number: p.Number, Title: p.Title, Branch: p.Head.Ref, SHA: p.Head.SHA,
		URL: p.URL, Open: p.State == "open",
	}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.Name)
	}
	return out
}

// api is the path of the repository.
func (f *Forge) api() string { return "/repos/" + owner + "/" + f.repo }

func (f *Forge) pulls() string { return f.api() + "/pulls" }

func (f *Forge) pullPath(number int) string { return f.pulls() + "/" + strconv.Itoa(number) }

func (f *Forge) labelsPath(number int) string {
	return f.api() + "/issues/" + strconv.Itoa(number) + "/labels"
}

// Open pushes a commit to a new branch and opens a pull request for it.
func (f *Forge) Open(ctx context.Context, title string) (PullRequest, error) {
	branch := fmt.Sprintf("feature-%d", time.Now().UnixNano())
	_, err := f.commit(ctx, commit{
		repo: f.repo, branch: "main", newBranch: branch, message: title,
		files: map[string]string{branch + ".html": title + "\n"},
	})
	if err != nil {
		return PullRequest{}, err
	}
	var created pull
	err = f.call(ctx, question{http.MethodPost, f.pulls(), map[string]any{"title": title, "head": branch, "base": "main"}}, &created)
	return created.request(), err
}

// Get returns a pull request as it is now.
func (f *Forge) Get(ctx context.Context, number int) (PullRequest, error) {
	var found pull
	err := f.call(ctx, question{http.MethodGet, f.pullPath(number), nil}, &found)
	return found.request(), err
}

// List returns all pull requests that are open.
func (f *Forge) List(ctx context.Context) ([]PullRequest, error) {
	const size = 50
	var out []PullRequest
	for page := 1; ; page++ {
		var found []pull
		path := fmt.Sprintf("%s?state=open&limit=%d&page=%d", f.pulls(), size, page)
		if err := f.call(ctx, question{http.MethodGet, path, nil}, &found); err != nil {
			return nil, err
		}
		for _, p := range found {
			out = append(out, p.request())
		}
		if len(found) < size {
			return out, nil
		}
	}
}

// Push adds a commit and returns the pull request with its new head, as the
// forge has noted it: it does so a moment after the push.
func (f *Forge) Push(ctx context.Context, pr PullRequest, message string) (PullRequest, error) {
	sha, err := f.commit(ctx, commit{
		repo: f.repo, branch: pr.Branch, message: message,
		files: map[string]string{pr.Branch + ".html": message + "\n"},
	})
	if err != nil {
		return pr, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		now, err := f.Get(ctx, pr.Number)
		if err != nil {
			return pr, fmt.Errorf("waiting for pull request %d to have the commit %s: %w", pr.Number, sha, err)
		}
		if now.SHA == sha {
			return now, nil
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// AddLabel sets the label that says that the image is there.
func (f *Forge) AddLabel(ctx context.Context, pr PullRequest) error {
	return f.call(ctx, question{http.MethodPost, f.labelsPath(pr.Number), map[string]any{"labels": []string{ReadyLabel}}}, nil)
}

// RemoveLabel takes the label away.
func (f *Forge) RemoveLabel(ctx context.Context, pr PullRequest) error {
	var labels []label
	if err := f.call(ctx, question{http.MethodGet, f.labelsPath(pr.Number), nil}, &labels); err != nil {
		return err
	}
	for _, l := range labels {
		if l.Name == ReadyLabel {
			return f.call(ctx, question{http.MethodDelete, f.labelsPath(pr.Number) + "/" + strconv.FormatInt(l.ID, 10), nil}, nil)
		}
	}
	return nil
}

// Retitle gives the pull request another title.
func (f *Forge) Retitle(ctx context.Context, pr PullRequest, title string) error {
	return f.call(ctx, question{http.MethodPatch, f.pullPath(pr.Number), map[string]any{"title": title}}, nil)
}

// Close closes the pull request without merging.
func (f *Forge) Close(ctx context.Context, pr PullRequest) error {
	return f.setState(ctx, pr, "closed")
}

// Reopen opens a closed pull request again.
func (f *Forge) Reopen(ctx context.Context, pr PullRequest) error { return f.setState(ctx, pr, "open") }

func (f *Forge) setState(ctx context.Context, pr PullRequest, state string) error {
	return f.call(ctx, question{http.MethodPatch, f.pullPath(pr.Number), map[string]any{"state": state}}, nil)
}

// Merge merges the pull request. Gitea refuses while it still looks for
// conflicts, so this waits a little.
func (f *Forge) Merge(ctx context.Context, pr PullRequest) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := f.call(ctx, question{http.MethodPost, f.pullPath(pr.Number) + "/merge", map[string]any{"Do": "merge"}}, nil)
		if !isStatus(err, http.StatusMethodNotAllowed) {
			return err
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
