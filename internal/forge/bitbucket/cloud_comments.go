package bitbucket

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments. What stands between <!-- and --> is shown.
func (c *Cloud) Markdown() forge.Markdown { return forge.Markdown{Tables: true, Most: 30_000} }

// cloudComment is one on a request.
type cloudComment struct {
	ID      int           `json:"id,omitempty"`
	Deleted bool          `json:"deleted,omitempty"`
	Content cloudMarkdown `json:"content"`
	// User, Created and Updated the server tells.
	User    cloudUser `json:"user,omitzero"`
	Created time.Time `json:"created_on,omitzero"`
	Updated time.Time `json:"updated_on,omitzero"`
}

type cloudMarkdown struct {
	Raw string `json:"raw"`
}

// Comments implements forge.Comments.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-pull-request-id-comments-get
func (c *Cloud) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return c.place.CommentsHolding(ctx, holding, func(ctx context.Context, at string) (forge.CommentPage, error) {
		if _, err := forge.Number(request); err != nil {
			return forge.CommentPage{}, err
		}
		query, err := cloudQuery(at, url.Values{"sort": {"created_on"}, "pagelen": {strconv.Itoa(transport.PageSize)}})
		if err != nil {
			return forge.CommentPage{}, err
		}
		var answer cloudPage[cloudComment]
		if err := c.client.get(ctx, c.comments(request), query, &answer); err != nil {
			return forge.CommentPage{}, err
		}
		if answer.Values == nil {
			return forge.CommentPage{}, transport.ErrNotAList
		}
		_, next, _ := strings.Cut(answer.Next, "?")
		out := forge.CommentPage{Next: next}
		for _, one := range answer.Values {
			if !one.Deleted {
				out.Items = append(out.Items, forge.Comment{
					ID: strconv.Itoa(one.ID), Text: one.Content.Raw, By: one.User.person(), At: one.Created, Edited: forge.IsEdited(one.Created, one.Updated),
				})
			}
		}
		return out, nil
	})
}

func (c *Cloud) comments(request string) string {
	return c.api + "/pullrequests/" + request + "/comments"
}

// Comment implements forge.Comments.
func (c *Cloud) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := c.comment(ctx, request, text)
	return id, c.place.Told("commenting on", request, err)
}

func (c *Cloud) comment(ctx context.Context, request, text string) (string, error) {
	if _, err := forge.Number(request); err != nil {
		return "", err
	}
	var made cloudComment
	said := cloudComment{Content: cloudMarkdown{Raw: text}}
	if err := c.client.tell(ctx, telling{http.MethodPost, c.comments(request), said}, &made); err != nil {
		return "", err
	}
	return strconv.Itoa(made.ID), forge.Exists(made.ID)
}

// Recomment implements forge.Comments.
func (c *Cloud) Recomment(ctx context.Context, request string, changed forge.Comment) error {
	_, err := forge.Number(changed.ID)
	if err == nil {
		said := cloudComment{Content: cloudMarkdown{Raw: changed.Text}}
		err = c.client.tell(ctx, telling{http.MethodPut, c.comments(request) + "/" + changed.ID, said}, nil)
	}
	return c.place.Told("changing the comment on", request, err)
}

// Uncomment implements forge.Comments.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-pull-request-id-comments-comment-id-delete
func (c *Cloud) Uncomment(ctx context.Context, request, id string) error {
	_, err := forge.Number(id)
	if err == nil {
		err = c.client.tell(ctx, telling{method: http.MethodDelete, address: c.comments(request) + "/" + id}, nil)
	}
	return c.place.Told("taking away a comment on", request, err)
}
