package gitlab

import (
	"context"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Labelled implements forge.Labelled.
//
// https://docs.gitlab.com/api/resource_label_events/#list-project-merge-request-label-events
func (g *Project) Labelled(ctx context.Context, item forge.Item, label string) (forge.Labelling, error) {
	events, err := g.place.EventsOf(ctx, item, func(ctx context.Context, at string) (forge.EventPage, error) {
		n, err := forge.Number(item.ID)
		if err != nil {
			return forge.EventPage{}, err
		}
		events, resp, err := g.client.ResourceLabelEvents.ListMergeRequestsLabelEvents(g.path, n, &gitlab.ListLabelEventsOptions{
			ListOptions: pageAt(at),
		}, gitlab.WithContext(ctx))
		if err != nil {
			return forge.EventPage{}, err
		}
		if err := forge.Listed(events); err != nil {
			return forge.EventPage{}, err
		}
		out := forge.EventPage{Number: int(resp.CurrentPage), Next: transport.Cursor(resp.NextPage), Total: int(resp.TotalItems)}
		for _, one := range events {
			out.Items = append(out.Items, forge.Event{
				Labelling: forge.Labelling{ID: strconv.FormatInt(one.ID, 10), By: personOf(one.User.Username, one.User.ID), At: forge.Value(one.CreatedAt)},
				Label:     one.Label.Name, Removed: one.Action != "add",
			})
		}
		return out, nil
	})
	return forge.LastSet(events, label), err
}
