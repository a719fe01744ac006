package bitbucket

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments. What stands between <!-- and --> is shown.
func (s *Server) Markdown() forge.Markdown { return forge.Markdown{Tables: true, Most: 30_000} }

// serverComment is one on a request, in the version that it was changed to last.
type serverComment struct {
	ID      int    `json:"id,omitempty"`
	Version *int   `json:"version,omitempty"`
	Text    string `json:"text"`
	// Author, Created and Updated, in milliseconds, the server tells.
	Author  serverUser `json:"author,omitzero"`
	Created int64      `json:"createdDate,omitempty"`
	Updated int64      `json:"updatedDate,omitempty"`
}

// activity is what happened to a request: among it, what was said.
type activity struct {
	ID            int           `json:"id"`
	Action        string        `json:"action"`
	CommentAction string        `json:"commentAction"`
	Comment       serverComment `json:"comment"`
	// Date is when, in milliseconds; From is the commit that a push led to.
	Date int64  `json:"createdDate"`
	From string `json:"fromHash"`
}

// Comments implements forge.Comments. A list of comments the server has only of one
// file; all of them are among what happened, the newest first.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/#api-api-latest-projects-projectkey-repos-repositoryslug-pull-requests-pullrequestid-activities-get
func (s *Server) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return s.place.CommentsHolding(ctx, holding, func(ctx context.Context, at string) (forge.CommentPage, error) {
		if _, err := forge.Number(request); err != nil {
			return forge.CommentPage{}, err
		}
		answer, err := s.activities(ctx, request, at)
		if err != nil {
			return forge.CommentPage{}, err
		}
		next, err := answer.next()
		if err != nil {
			return forge.CommentPage{}, err
		}
		out := forge.CommentPage{Next: next}
		for _, one := range answer.Values {
			if one.Action != "COMMENTED" || one.CommentAction != "ADDED" { // it counts, so that pages differ
				out.Items = append(out.Items, forge.Comment{ID: "activity " + strconv.Itoa(one.ID)})
				continue
			}
			out.Items = append(out.Items, forge.Comment{
				ID: strconv.Itoa(one.Comment.ID), Text: one.Comment.Text, By: one.Comment.Author.person(),
				At: inMillis(one.Comment.Created), Edited: one.Comment.Updated != one.Comment.Created,
			})
		}
		return out, nil
	})
}

// activities reads a page of what has happened to a request, the newest first.
func (s *Server) activities(ctx context.Context, request, at string) (serverPage[activity], error) {
	var answer serverPage[activity]
	query := start(at)
	query.Set("limit", strconv.Itoa(transport.PageSize))
	err := s.client.get(ctx, s.api+"/pull-requests/"+request+"/activities", query, &answer)
	return answer, err
}

func (s *Server) comments(request string) string {
	return s.api + "/pull-requests/" + request + "/comments"
}

// Comment implements forge.Comments.
func (s *Server) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := s.comment(ctx, request, text)
	return id, s.place.Told("commenting on", request, err)
}

func (s *Server) comment(ctx context.Context, request, text string) (string, error) {
	if _, err := forge.Number(request); err != nil {
		return "", err
	}
	var made serverComment
	if err := s.client.tell(ctx, telling{http.MethodPost, s.comments(request), serverComment{Text: text}}, &made); err != nil {
		return "", err
	}
	return strconv.Itoa(made.ID), forge.Exists(made.ID)
}

// Recomment implements forge.Comments. The server wants to know which version is
// changed, and refuses another one: then it was changed meanwhile.
func (s *Server) Recomment(ctx context.Context, request string, changed forge.Comment) error {
	err := s.recomment(ctx, request, changed)
	if err != nil && strings.Contains(err.Error(), "409 ") {
		err = s.recomment(ctx, request, changed)
	}
	return s.place.Told("changing the comment on", request, err)
}

func (s *Server) recomment(ctx context.Context, request string, changed forge.Comment) error {
	is, err := s.oneComment(ctx, request, changed.ID)
	if err != nil || is.Text == changed.Text {
		return err
	}
	return s.client.tell(ctx, telling{http.MethodPut, s.comments(request) + "/" + changed.ID, serverComment{Version: is.Version, Text: changed.Text}}, nil)
}

// Uncomment implements forge.Comments. The server wants to know which version is taken
// away, and keeps one that somebody has answered.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/#api-api-latest-projects-projectkey-repos-repositoryslug-pull-requests-pullrequestid-comments-commentid-delete
func (s *Server) Uncomment(ctx context.Context, request, id string) error {
	return s.place.Told("taking away a comment on", request, s.uncomment(ctx, request, id))
}

func (s *Server) uncomment(ctx context.Context, request, id string) error {
	is, err := s.oneComment(ctx, request, id)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("%s/%s?version=%d", s.comments(request), id, *is.Version)
	return s.client.tell(ctx, telling{method: http.MethodDelete, address: address}, nil)
}

// oneComment reads one, in the version that it is in.
func (s *Server) oneComment(ctx context.Context, request, id string) (serverComment, error) {
	var is serverComment
	if _, err := forge.Number(id); err != nil {
		return is, err
	}
	if err := s.client.get(ctx, s.comments(request)+"/"+id, nil, &is); err != nil {
		return is, err
	}
	if is.Version == nil {
		return is, &transport.Error{What: "200 OK with JSON that is not a comment", Kind: transport.ErrInvalidAnswer}
	}
	return is, nil
}
