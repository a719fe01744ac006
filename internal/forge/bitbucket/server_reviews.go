package bitbucket

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// serverUser is somebody.
type serverUser struct {
	ID   int    `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
}

func (u serverUser) person() forge.Person {
	return forge.Person{Login: u.Name, ID: u.account(), Bot: u.Type == "SERVICE"}
}

func (u serverUser) account() string { return forge.Account(int64(u.ID)) }

// inMillis is a time as the server tells it.
func inMillis(at int64) time.Time { return time.UnixMilli(at).UTC() }

// Reviews implements forge.Reviews: the server keeps of each who takes part the commit
// that they looked at last.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/#api-api-latest-projects-projectkey-repos-repositoryslug-pull-requests-pullrequestid-participants-get
func (s *Server) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	return s.place.ReviewsOf(ctx, item, func(ctx context.Context, at string) (forge.ReviewPage, error) {
		if _, err := forge.Number(item.ID); err != nil {
			return forge.ReviewPage{}, err
		}
		var answer serverPage[struct {
			User   serverUser `json:"user"`
			Status string     `json:"status"`
			Commit string     `json:"lastReviewedCommit"`
		}]
		query := start(at)
		query.Set("limit", strconv.Itoa(transport.PageSize))
		if err := s.client.get(ctx, s.api+"/pull-requests/"+item.ID+"/participants", query, &answer); err != nil {
			return forge.ReviewPage{}, err
		}
		next, err := answer.next()
		if err != nil {
			return forge.ReviewPage{}, err
		}
		out := forge.ReviewPage{Next: next}
		for _, one := range answer.Values { // one without a commit is of none: see approval
			out.Items = append(out.Items, forge.Review{
				ID: one.User.Name + " of " + one.Commit, By: one.User.person(), SHA: one.Commit, Withdrawn: one.Status != "APPROVED" || one.Commit == "",
			})
		}
		return out, nil
	})
}

// PushedAt implements forge.Pushes. Of a request to which nobody has pushed since it was
// opened the server does not tell the commit that it was opened with.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/#api-api-latest-projects-projectkey-repos-repositoryslug-pull-requests-pullrequestid-activities-get
func (s *Server) PushedAt(ctx context.Context, item forge.Item) (time.Time, error) {
	events, err := s.place.EventsOf(ctx, item, func(ctx context.Context, at string) (forge.EventPage, error) {
		if _, err := forge.Number(item.ID); err != nil {
			return forge.EventPage{}, err
		}
		answer, err := s.activities(ctx, item.ID, at)
		if err != nil {
			return forge.EventPage{}, err
		}
		next, err := answer.next()
		if err != nil {
			return forge.EventPage{}, err
		}
		out := forge.EventPage{Next: next}
		for _, one := range answer.Values {
			event := forge.Event{Labelling: forge.Labelling{ID: strconv.Itoa(one.ID), At: inMillis(one.Date)}}
			if one.Action == "RESCOPED" {
				event.SHA = one.From
			}
			out.Items = append(out.Items, event)
		}
		return out, nil
	})
	var last forge.Event
	for _, one := range events {
		if one.SHA != "" {
			last = one
		}
	}
	if err != nil || last.SHA != item.SHA {
		return time.Time{}, err
	}
	return last.At, nil
}

// Permission implements forge.Permissions, by what somebody was given in the repository
// itself: what they have as one of a group or a project the server does not tell. It
// tells an administrator of the repository alone.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/#api-api-latest-projects-projectkey-repos-repositoryslug-permissions-users-get
func (s *Server) Permission(ctx context.Context, who forge.Person) (forge.Permission, error) {
	var answer serverPage[struct {
		User       serverUser `json:"user"`
		Permission string     `json:"permission"`
	}]
	query := url.Values{"filter": {who.Login}, "limit": {strconv.Itoa(transport.PageSize)}}
	if err := s.client.get(ctx, s.api+"/permissions/users", query, &answer); err != nil {
		return forge.NoPermission, s.place.Unasked(who, err)
	}
	for _, one := range answer.Values {
		if !strings.EqualFold(one.User.Name, who.Login) || !who.IsAccount(one.User.account()) {
			continue
		}
		switch one.Permission {
		case "REPO_ADMIN":
			return forge.MayAdminister, nil
		case "REPO_WRITE":
			return forge.MayWrite, nil
		case "REPO_READ":
			return forge.MayRead, nil
		}
	}
	return forge.NoPermission, nil
}
