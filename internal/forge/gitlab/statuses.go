package gitlab

import (
	"cmp"
	"context"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
)

// maxDescription is how much of a description GitLab takes, in letters.
const maxDescription = 255

// SetStatus implements forge.Statuses. The commit of a fork is in another project,
// where it cannot be told.
//
// https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
func (g *Project) SetStatus(ctx context.Context, status forge.Status) error {
	if status.Fork {
		return nil
	}
	state, err := status.State.In(map[forge.State]string{
		forge.Pending: "running", forge.Success: "success", forge.Failure: "failed", forge.Over: "canceled",
	})
	if err == nil {
		_, _, err = g.client.Commits.SetCommitStatus(g.path, status.SHA, &gitlab.SetCommitStatusOptions{
			State: gitlab.BuildStateValue(state), Name: &status.Name, TargetURL: gitlab.Ptr(cmp.Or(status.URL, status.Page)),
			Description: gitlab.Ptr(forge.Cut(status.Description, maxDescription)),
		}, gitlab.WithContext(ctx))
	}
	if err != nil && strings.Contains(err.Error(), "Cannot transition status") { // it is in that state, or was over already
		return nil
	}
	return g.told(ctx, "setting the status of the commit of", status.Request, err)
}
