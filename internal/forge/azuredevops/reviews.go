package azuredevops

import (
	"context"
	"strconv"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// identity is somebody.
type identity struct {
	ID          string `json:"id,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	UniqueName  string `json:"uniqueName,omitempty"`
	// IsContainer says that it is a group.
	IsContainer bool `json:"isContainer,omitempty"`
}

func (i identity) person() forge.Person {
	if i.IsContainer {
		return forge.Person{}
	}
	return forge.Person{Login: i.UniqueName, ID: i.ID}
}

// property is a value of a thread, with its type.
type property struct {
	Value any `json:"$value"`
}

// voteOf reads which vote a thread of the server's own notes; "" for none.
func (t thread) voteOf() string {
	if kind, _ := t.Properties["CodeReviewThreadType"].Value.(string); kind != "VoteUpdate" {
		return ""
	}
	switch vote := t.Properties["CodeReviewVoteResult"].Value.(type) {
	case string:
		return vote
	case float64:
		return strconv.Itoa(int(vote))
	default:
		return ""
	}
}

// approves are the votes that do, without and with suggestions.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-reviewers
func approves(vote string) bool { return vote == "10" || vote == "5" }

// Reviews implements forge.Reviews. A vote is of no commit; when it was given, a thread
// of the server's own tells. A vote that is reset, by a push or a person, is noted too;
// whether it stands the request itself tells.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads/list
func (a *Repository) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	var request struct {
		Reviewers []struct {
			identity
			Vote int `json:"vote"`
		} `json:"reviewers"`
	}
	if _, err := a.get(ctx, "/pullrequests/"+item.ID, nil, &request); err != nil {
		return nil, a.place.Unread("the votes", item, err)
	}
	stands := map[string]bool{}
	for _, one := range request.Reviewers {
		stands[one.UniqueName] = approves(strconv.Itoa(one.Vote))
	}
	return a.place.ReviewsOf(ctx, item, func(ctx context.Context, _ string) (forge.ReviewPage, error) {
		var threads list[thread]
		if _, err := a.get(ctx, threadsOf(item.ID), nil, &threads); err != nil {
			return forge.ReviewPage{}, err
		}
		if threads.Value == nil {
			return forge.ReviewPage{}, transport.ErrNotAList
		}
		out := forge.ReviewPage{}
		for _, one := range threads.Value {
			if vote := one.voteOf(); vote != "" && len(one.Comments) > 0 && one.Comments[0].CommentType == "system" {
				by := one.Comments[0].Author.person()
				out.Items = append(out.Items, forge.Review{
					ID: strconv.Itoa(one.ID), By: by, At: one.Published, Withdrawn: !approves(vote) || !stands[by.Login],
				})
			}
		}
		return out, nil
	})
}

// PushedAt implements forge.Pushes: the server makes an iteration of a request for each
// push, and numbers them.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iterations/list
func (a *Repository) PushedAt(ctx context.Context, item forge.Item) (time.Time, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return time.Time{}, err
	}
	var iterations list[iteration]
	if _, err := a.get(ctx, "/pullrequests/"+item.ID+"/iterations", nil, &iterations); err != nil {
		return time.Time{}, a.place.Unread("its iterations", item, err)
	}
	last, out := 0, time.Time{}
	for _, one := range iterations.Value {
		if one.ID <= last {
			continue
		}
		last, out = one.ID, time.Time{}
		if one.SourceCommit.ID == item.SHA {
			out = one.Created
		}
	}
	return out, nil
}
