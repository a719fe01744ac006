package gitea

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// user is somebody, as the server tells.
type user struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
}

func (u user) person() forge.Person { return forge.Person{Login: u.Login, ID: forge.Account(u.ID)} }

// happened is what has happened to a request.
type happened struct {
	ID      int64     `json:"id"`
	Type    string    `json:"type"`
	Body    string    `json:"body"`
	User    user      `json:"user"`
	Created time.Time `json:"created_at"`
	Label   *struct {
		Name string `json:"name"`
	} `json:"label"`
}

// event reads one. The body of a label says whether it was set: it is "1", or empty
// where it was taken away.
func (h happened) event() forge.Event {
	out := forge.Event{Labelling: forge.Labelling{ID: strconv.FormatInt(h.ID, 10), By: h.User.person(), At: h.Created}}
	if h.Type == "label" && h.Label != nil {
		out.Label, out.Removed = h.Label.Name, h.Body != "1"
	}
	return out
}

// Labelled implements forge.Labelled. Where a page of nothing but what may not be shown
// ends the timeline early, a label may seem older than it is, and never newer.
//
// https://docs.gitea.com/api/ (issueGetCommentsAndTimeline)
func (g *Repository) Labelled(ctx context.Context, item forge.Item, label string) (forge.Labelling, error) {
	const size = 50 // what servers give at most unless they are told otherwise
	events, err := g.place.EventsOf(ctx, item, func(ctx context.Context, at string) (forge.EventPage, error) {
		n, err := forge.Number(item.ID)
		if err != nil {
			return forge.EventPage{}, err
		}
		var all []happened
		page := transport.Numbered(at)
		if err := g.get(ctx, fmt.Sprintf("/issues/%d/timeline?page=%d&limit=%d", n, page, size), &all); err != nil {
			if page > 1 && errors.Is(err, transport.ErrNull) { // behind the last page is null
				return forge.EventPage{}, nil
			}
			return forge.EventPage{}, err
		}
		out := forge.EventPage{}
		for _, one := range all {
			out.Items = append(out.Items, one.event())
		}
		if len(all) > 0 { // what may not be shown is left out: a page may be short
			out.Next = transport.Cursor(page + 1)
		}
		return out, nil
	})
	return forge.LastSet(events, label), err
}
