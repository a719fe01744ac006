package azuredevops

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments.
func (a *Repository) Markdown() forge.Markdown {
	return forge.Markdown{Hides: true, Tables: true, Most: 60_000}
}

// thread is a comment and what is answered to it. The comment is the first, and the id
// that of the thread.
type thread struct {
	ID        int  `json:"id,omitempty"`
	IsDeleted bool `json:"isDeleted,omitempty"`
	// Status closed keeps a policy that wants all comments resolved from waiting.
	Status   string    `json:"status,omitempty"`
	Comments []comment `json:"comments"`
	// Published and Properties the server tells.
	Published  time.Time           `json:"publishedDate,omitzero"`
	Properties map[string]property `json:"properties,omitempty"`
}

type comment struct {
	ID          int    `json:"id,omitempty"`
	Content     string `json:"content"`
	CommentType string `json:"commentType,omitempty"`
	IsDeleted   bool   `json:"isDeleted,omitempty"`
	// Author, Published and Changed the server tells.
	Author    identity  `json:"author,omitzero"`
	Published time.Time `json:"publishedDate,omitzero"`
	Changed   time.Time `json:"lastContentUpdatedDate,omitzero"`
}

// Comments implements forge.Comments. The server gives all threads at once.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads/list
func (a *Repository) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return a.place.CommentsHolding(ctx, holding, func(ctx context.Context, _ string) (forge.CommentPage, error) {
		if _, err := forge.Number(request); err != nil {
			return forge.CommentPage{}, err
		}
		var threads list[thread]
		if _, err := a.get(ctx, threadsOf(request), nil, &threads); err != nil {
			return forge.CommentPage{}, err
		}
		if threads.Value == nil {
			return forge.CommentPage{}, transport.ErrNotAList
		}
		out := forge.CommentPage{}
		for _, one := range threads.Value {
			if len(one.Comments) > 0 && !one.IsDeleted && !one.Comments[0].IsDeleted {
				out.Items = append(out.Items, one.Comments[0].told(one.ID))
			}
		}
		return out, nil
	})
}

// told is a comment that begins a thread. What the server says itself, nobody said.
func (c comment) told(thread int) forge.Comment {
	out := forge.Comment{ID: strconv.Itoa(thread), Text: c.Content, At: c.Published, Edited: !c.Changed.IsZero() && !c.Changed.Equal(c.Published)}
	if c.CommentType == "text" {
		out.By = c.Author.person()
	}
	return out
}

func threadsOf(request string) string { return "/pullRequests/" + request + "/threads" }

// Comment implements forge.Comments.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads/create
func (a *Repository) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := a.comment(ctx, request, text)
	return id, a.place.Told("commenting on", request, err)
}

func (a *Repository) comment(ctx context.Context, request, text string) (string, error) {
	if _, err := forge.Number(request); err != nil {
		return "", err
	}
	var made thread
	begun := thread{Status: "closed", Comments: []comment{{Content: text, CommentType: "text"}}}
	if err := a.tell(ctx, telling{http.MethodPost, threadsOf(request), begun}, &made); err != nil {
		return "", err
	}
	return strconv.Itoa(made.ID), forge.Exists(made.ID)
}

// Recomment implements forge.Comments.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-thread-comments/update
func (a *Repository) Recomment(ctx context.Context, request string, changed forge.Comment) error {
	err := a.recomment(ctx, request, changed)
	return a.place.Told("changing the comment on", request, err)
}

func (a *Repository) recomment(ctx context.Context, request string, changed forge.Comment) error {
	for _, number := range []string{request, changed.ID} {
		if _, err := forge.Number(number); err != nil {
			return err
		}
	}
	return a.tell(ctx, telling{http.MethodPatch, threadsOf(request) + "/" + changed.ID + "/comments/1", comment{Content: changed.Text}}, nil)
}

// Uncomment implements forge.Comments. A thread is shown as long as somebody has said
// something else in it.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-thread-comments/delete
func (a *Repository) Uncomment(ctx context.Context, request, id string) error {
	return a.place.Told("taking away a comment on", request, a.uncomment(ctx, request, id))
}

func (a *Repository) uncomment(ctx context.Context, request, id string) error {
	for _, number := range []string{request, id} {
		if _, err := forge.Number(number); err != nil {
			return err
		}
	}
	return a.tell(ctx, telling{method: http.MethodDelete, path: threadsOf(request) + "/" + id + "/comments/1"}, nil)
}
