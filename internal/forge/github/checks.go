package github

import (
	"cmp"
	"context"
	"math"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Checks implements forge.Checks: check runs, and then statuses, of which it is not told
// who set them.
func (g *Repository) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	return g.place.ReadChecks(ctx, item, wanted,
		func(ctx context.Context, at string) (forge.CheckPage, error) { return g.runPage(ctx, item.SHA, at) },
		func(ctx context.Context, at string) (forge.CheckPage, error) { return g.statusPage(ctx, item.SHA, at) })
}

// conclusions are what a check run may come to; all else has failed.
//
// https://docs.github.com/en/rest/checks/runs
var conclusions = map[string]forge.CheckState{
	"success": forge.CheckSuccess, "neutral": forge.CheckNeutral, "skipped": forge.CheckSkipped,
	"failure": forge.CheckFailed, "cancelled": forge.CheckFailed, "timed_out": forge.CheckFailed,
	"action_required": forge.CheckFailed, "startup_failure": forge.CheckFailed, "stale": forge.CheckFailed,
}

// runPage reads a page of the check runs of a commit. A job that was run for a push and
// for a request is there twice: the one that was begun last is the newer one.
//
// https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference
func (g *Repository) runPage(ctx context.Context, sha, at string) (forge.CheckPage, error) {
	listed, resp, err := g.client.Checks.ListCheckRunsForRef(ctx, g.owner, g.name, sha, &github.ListCheckRunsOptions{
		Filter: github.Ptr("latest"), ListOptions: github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize},
	})
	if err != nil {
		return forge.CheckPage{}, err
	}
	if listed == nil || listed.Total == nil || listed.CheckRuns == nil {
		return forge.CheckPage{}, transport.ErrNotAList
	}
	out := forge.CheckPage{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage), Total: *listed.Total}
	for _, run := range listed.CheckRuns {
		if run.GetName() == "" || run.GetHeadSHA() != "" && run.GetHeadSHA() != sha {
			return forge.CheckPage{}, transport.ErrNotAList
		}
		check := forge.Check{
			ID: "run " + strconv.FormatInt(run.GetID(), 10), Name: run.GetName(), App: run.GetApp().GetSlug(),
			State: forge.CheckPending, Said: cmp.Or(run.GetConclusion(), run.GetStatus()), Order: run.GetStartedAt().UnixMilli(),
		}
		if run.GetStatus() == "completed" {
			check.State = forge.CheckStateOf(run.GetConclusion(), conclusions)
		}
		if run.StartedAt == nil { // it was not begun, so nothing is newer
			check.Order = math.MaxInt64
		}
		out.Items = append(out.Items, check)
	}
	return out, nil
}

// statusPage reads a page of the statuses of a commit, the newest of each context.
//
// https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference
func (g *Repository) statusPage(ctx context.Context, sha, at string) (forge.CheckPage, error) {
	combined, resp, err := g.client.Repositories.GetCombinedStatus(ctx, g.owner, g.name, sha,
		&github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize})
	if err != nil {
		return forge.CheckPage{}, err
	}
	if combined.TotalCount == nil || combined.Statuses == nil || combined.GetSHA() != sha {
		return forge.CheckPage{}, transport.ErrNotAList
	}
	out := forge.CheckPage{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage), Total: *combined.TotalCount}
	for _, status := range combined.Statuses {
		out.Items = append(out.Items, forge.Check{
			ID: "status " + status.GetContext(), Name: status.GetContext(), Said: status.GetState(),
			State: forge.CheckStateOf(status.GetState(), map[string]forge.CheckState{
				"success": forge.CheckSuccess, "failure": forge.CheckFailed, "error": forge.CheckFailed,
			}),
		})
	}
	return out, nil
}
