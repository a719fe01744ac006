package github

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Checks implements forge.Checks: check runs, and then statuses, of which it is not told
// who set them.
func (g *Repository) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	runs := &checkRuns{Repository: g, sha: item.SHA}
	all, err := g.place.ReadChecks(ctx, item, wanted,
		runs.page,
		func(ctx context.Context, at string) (forge.CheckPage, error) { return g.statusPage(ctx, item.SHA, at) })
	if err != nil {
		return nil, err
	}
	// A job that was run for a push and for a request is there twice.
	slices.SortStableFunc(all, func(a, b forge.Check) int { return cmp.Compare(runs.began[b.ID], runs.began[a.ID]) })
	return all, nil
}

// conclusions are what a check run may come to; all else has failed.
//
// https://docs.github.com/en/rest/checks/runs
var conclusions = map[string]forge.CheckState{
	"success": forge.CheckSuccess, "neutral": forge.CheckNeutral, "skipped": forge.CheckSkipped,
	"failure": forge.CheckFailed, "cancelled": forge.CheckFailed, "timed_out": forge.CheckFailed,
	"action_required": forge.CheckFailed, "startup_failure": forge.CheckFailed, "stale": forge.CheckFailed,
}

// checkRuns are those of a commit.
type checkRuns struct {
	*Repository
	sha string
	// began says when each was begun, by its id.
	began map[string]int64
}

// page reads a page of them.
//
// https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference
func (g *checkRuns) page(ctx context.Context, at string) (forge.CheckPage, error) {
	if at == "" {
		g.began = map[string]int64{}
	}
	listed, resp, err := g.client.Checks.ListCheckRunsForRef(ctx, g.owner, g.name, g.sha, &github.ListCheckRunsOptions{
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
		if run.GetName() == "" || run.GetHeadSHA() != "" && run.GetHeadSHA() != g.sha {
			return forge.CheckPage{}, transport.ErrNotAList
		}
		check := forge.Check{
			ID: "run " + strconv.FormatInt(run.GetID(), 10), Name: run.GetName(), App: run.GetApp().GetSlug(),
			State: forge.CheckPending, Said: cmp.Or(run.GetConclusion(), run.GetStatus()),
		}
		if run.GetStatus() == "completed" {
			check.State = forge.CheckStateOf(run.GetConclusion(), conclusions)
		}
		g.began[check.ID] = run.GetStartedAt().UnixMilli()
		if run.StartedAt == nil { // it was not begun, so nothing is newer
			g.began[check.ID] = 1<<63 - 1
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
