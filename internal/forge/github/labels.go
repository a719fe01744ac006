package github

import (
	"context"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Labelled implements forge.Labelled.
//
// https://docs.github.com/en/rest/issues/events#list-issue-events
func (g *Repository) Labelled(ctx context.Context, item forge.Item, label string) (forge.Labelling, error) {
	events, err := g.place.EventsOf(ctx, item, func(ctx context.Context, at string) (forge.EventPage, error) {
		n, err := forge.Number(item.ID)
		if err != nil {
			return forge.EventPage{}, err
		}
		events, resp, err := g.client.Issues.ListIssueEvents(ctx, g.owner, g.name, int(n), &github.ListOptions{
			Page: transport.Numbered(at), PerPage: transport.PageSize,
		})
		if err != nil {
			return forge.EventPage{}, err
		}
		if err := forge.Listed(events); err != nil {
			return forge.EventPage{}, err
		}
		out := forge.EventPage{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage)}
		for _, one := range events {
			event := forge.Event{Labelling: forge.Labelling{ID: strconv.FormatInt(one.GetID(), 10), By: personOf(one.GetActor()), At: one.GetCreatedAt().Time}}
			if kind := one.GetEvent(); kind == "labeled" || kind == "unlabeled" {
				event.Label, event.Removed = one.GetLabel().GetName(), kind == "unlabeled"
			}
			out.Items = append(out.Items, event)
		}
		return out, nil
	})
	return forge.LastSet(events, label), err
}
