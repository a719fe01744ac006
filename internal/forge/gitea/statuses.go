package gitea

import (
	"cmp"
	"context"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
)

// maxDescription is how much of a description the server keeps, in letters.
const maxDescription = 255

// SetStatus implements forge.Statuses. What is over has no word, and a commit that
// was right stays so.
//
// https://docs.gitea.com/api/ (repoCreateStatus)
func (g *Repository) SetStatus(ctx context.Context, status forge.Status) error {
	if status.State == forge.Over {
		return nil
	}
	return g.place.Told("setting the status of the commit of", status.Request, g.setStatus(ctx, status))
}

func (g *Repository) setStatus(ctx context.Context, status forge.Status) error {
	state, err := status.State.In(map[forge.State]string{
		forge.Pending: string(gitea.StatusPending), forge.Success: string(gitea.StatusSuccess), forge.Failure: string(gitea.StatusFailure),
	})
	if err != nil {
		return err
	}
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	_, _, err = client.CreateStatus(g.owner, g.name, status.SHA, gitea.CreateStatusOption{
		State: gitea.StatusState(state), TargetURL: cmp.Or(status.URL, status.Page), Context: status.Name,
		Description: forge.Cut(status.Description, maxDescription),
	})
	return err
}
