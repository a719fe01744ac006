package github

import (
	"cmp"
	"context"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
)

// maxDescription is how much of a description GitHub takes, in letters.
const maxDescription = 140

// SetStatus implements forge.Statuses. What is over has no word, and a commit that
// was right stays so.
//
// https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
func (g *Repository) SetStatus(ctx context.Context, status forge.Status) error {
	if status.State == forge.Over {
		return nil
	}
	state, err := status.State.In(map[forge.State]string{forge.Pending: "pending", forge.Success: "success", forge.Failure: "failure"})
	if err == nil {
		_, _, err = g.client.Repositories.CreateStatus(ctx, g.owner, g.name, status.SHA, github.RepoStatus{
			State: &state, Context: &status.Name, Description: github.Ptr(forge.Cut(status.Description, maxDescription)),
			TargetURL: github.Ptr(cmp.Or(status.URL, status.Page)),
		})
	}
	return g.place.Told("setting the status of the commit of", status.Request, err)
}
