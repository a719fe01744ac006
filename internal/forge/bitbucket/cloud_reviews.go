package bitbucket

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// cloudUser is somebody, who calls themselves what they like.
type cloudUser struct {
	AccountID   string `json:"account_id,omitempty"`
	UUID        string `json:"uuid,omitempty"`
	Nickname    string `json:"nickname,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	Type        string `json:"type,omitempty"`
}

func (u cloudUser) login() string { return cmp.Or(u.AccountID, u.UUID) }

func (u cloudUser) person() forge.Person {
	return forge.Person{Login: u.login(), Bot: u.Type == "app_user"}
}

// cloudActivity is one thing that has happened to a request: a push is an update.
type cloudActivity struct {
	Update *struct {
		Date   time.Time `json:"date"`
		Source cloudEnd  `json:"source"`
	} `json:"update"`
	Approval *struct {
		Date time.Time `json:"date"`
		User cloudUser `json:"user"`
	} `json:"approval"`
}

// activities reads what has happened to a request. An entry has no id: it is known by
// its place.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-pull-request-id-activity-get
func (c *Cloud) activities(ctx context.Context, item forge.Item) ([]happened, error) {
	n := 0
	all, err := transport.All(ctx, func(ctx context.Context, at string) (transport.Page[happened], error) {
		if _, err := forge.Number(item.ID); err != nil {
			return transport.Page[happened]{}, err
		}
		query, err := cloudQuery(at, url.Values{"pagelen": {"50"}})
		if err != nil {
			return transport.Page[happened]{}, err
		}
		var answer cloudPage[cloudActivity]
		if err := c.client.get(ctx, c.api+"/pullrequests/"+item.ID+"/activity", query, &answer); err != nil {
			return transport.Page[happened]{}, err
		}
		if answer.Values == nil {
			return transport.Page[happened]{}, transport.ErrNotAList
		}
		_, next, _ := strings.Cut(answer.Next, "?")
		out := transport.Page[happened]{Next: next}
		for _, one := range answer.Values {
			n++
			out.Items = append(out.Items, happened{strconv.Itoa(n), one})
		}
		return out, nil
	})
	return all, c.place.Unread("what has happened", item, err)
}

// happened is an activity in its place.
type happened struct {
	at string
	cloudActivity
}

// Key implements transport.Listed.
func (h happened) Key() string { return h.at }

// Size implements transport.Listed.
func (h happened) Size() int { return 200 }

// Reviews implements forge.Reviews. When somebody approved is among what has happened;
// whether they still do, the request itself tells.
func (c *Cloud) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	var request struct {
		Participants []struct {
			User     cloudUser `json:"user"`
			Approved bool      `json:"approved"`
		} `json:"participants"`
	}
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	if err := c.client.get(ctx, c.api+"/pullrequests/"+item.ID, nil, &request); err != nil {
		return nil, c.place.Unread("who takes part", item, err)
	}
	stands := map[string]bool{}
	for _, one := range request.Participants {
		stands[one.User.login()] = one.Approved
	}
	all, err := c.activities(ctx, item)
	if err != nil {
		return nil, err
	}
	newest := map[string]forge.Review{}
	for _, one := range all {
		if one.Approval == nil || one.Approval.User.login() == "" || !stands[one.Approval.User.login()] {
			continue
		}
		by := one.Approval.User.person()
		if review := newest[by.Login]; one.Approval.Date.After(review.At) {
			newest[by.Login] = forge.Review{ID: by.Login + " at " + one.Approval.Date.UTC().Format(time.RFC3339), By: by, At: one.Approval.Date}
		}
	}
	out := make([]forge.Review, 0, len(newest))
	for _, review := range newest {
		out = append(out, review)
	}
	return out, nil
}

// PushedAt implements forge.Pushes. Each update of a request tells the commit that it was
// at, abbreviated, whatever was changed: the head was there at the last one, if that tells
// it. It may have been before, but two commits can be made to begin alike.
func (c *Cloud) PushedAt(ctx context.Context, item forge.Item) (time.Time, error) {
	all, err := c.activities(ctx, item)
	if err != nil {
		return time.Time{}, err
	}
	var last happened
	for _, one := range all {
		if one.Update != nil && (last.Update == nil || one.Update.Date.After(last.Update.Date)) {
			last = one
		}
	}
	if last.Update == nil || last.Update.Source.Commit.Hash == "" || !strings.HasPrefix(item.SHA, last.Update.Source.Commit.Hash) {
		return time.Time{}, nil
	}
	return last.Update.Date, nil
}
