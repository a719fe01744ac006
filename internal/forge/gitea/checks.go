package gitea

import (
	"context"
	"strconv"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// statusStates are what a status may come to.
var statusStates = map[string]forge.CheckState{
	"success": forge.CheckSuccess, "warning": forge.CheckWarning, "skipped": forge.CheckSkipped,
	"failure": forge.CheckFailed, "error": forge.CheckFailed,
}

// Checks implements forge.Checks: the statuses of the commit, which Actions sets as
// WORKFLOW / JOB (EVENT). All that were ever set are listed: the combined status has a
// first page alone that the SDK can ask for.
//
// https://docs.gitea.com/api/ (repoListStatusesByRef)
func (g *Repository) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	return g.place.ReadChecks(ctx, item, wanted, func(ctx context.Context, at string) (forge.CheckPage, error) {
		client, err := g.client(ctx)
		if err != nil {
			return forge.CheckPage{}, err
		}
		statuses, resp, err := client.ListStatuses(g.owner, g.name, item.SHA, gitea.ListStatusesOption{
			ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize},
		})
		if err != nil {
			return forge.CheckPage{}, err
		}
		if err := forge.Listed(statuses); err != nil {
			return forge.CheckPage{}, err
		}
		out := forge.CheckPage{Next: transport.Cursor(resp.NextPage), Total: totalOf(resp)}
		for _, status := range statuses {
			if status == nil || status.ID == 0 {
				return forge.CheckPage{}, transport.ErrNotAList
			}
			check := forge.Check{
				ID: strconv.FormatInt(status.ID, 10), Name: status.Context,
				State: forge.CheckStateOf(string(status.State), statusStates), Said: string(status.State), Order: status.ID,
			}
			if status.Creator != nil {
				check.App = status.Creator.UserName
			}
			out.Items = append(out.Items, check)
		}
		return out, nil
	})
}
