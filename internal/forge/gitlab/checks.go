package gitlab

import (
	"context"
	"slices"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// pipelineName is that of the check which is the whole pipeline.
const pipelineName = "pipeline"

// jobStates are what a job or a pipeline may come to.
//
// https://docs.gitlab.com/api/commits/#list-the-statuses-of-a-commit
var jobStates = map[string]forge.CheckState{
	"success": forge.CheckSuccess, "skipped": forge.CheckSkipped,
	"failed": forge.CheckFailed, "canceled": forge.CheckFailed, "canceling": forge.CheckFailed,
}

// Checks implements forge.Checks: the pipeline where it is asked for, and the statuses of
// the commit, jobs among them, where more is. Those of a fork's commit are in the
// fork's project; its pipeline is told by the merge request.
func (g *Project) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	statuses := func(ctx context.Context, at string) (forge.CheckPage, error) { return g.statusPage(ctx, item.SHA, at) }
	if !slices.Contains(wanted, pipelineName) {
		return g.place.ReadChecks(ctx, item, wanted, statuses)
	}
	all, err := g.place.ReadChecks(ctx, item, wanted, func(ctx context.Context, _ string) (forge.CheckPage, error) {
		return g.pipelineOf(ctx, item)
	}, statuses)
	all = slices.DeleteFunc(all, func(c forge.Check) bool { return c.Name == pipelineName && c.ID != pipelineName }) // a job of that name
	return all, err
}

// statusPage reads a page of the newest statuses of a commit. One that is allowed to fail
// and did has failed.
//
// https://docs.gitlab.com/api/commits/#list-the-statuses-of-a-commit
func (g *Project) statusPage(ctx context.Context, sha, at string) (forge.CheckPage, error) {
	statuses, resp, err := g.client.Commits.GetCommitStatuses(g.path, sha, &gitlab.GetCommitStatusesOptions{ListOptions: pageAt(at)}, gitlab.WithContext(ctx))
	if err != nil {
		return forge.CheckPage{}, err
	}
	if err := forge.Listed(statuses); err != nil {
		return forge.CheckPage{}, err
	}
	out := forge.CheckPage{Number: int(resp.CurrentPage), Next: transport.Cursor(resp.NextPage), Total: int(resp.TotalItems)}
	for _, status := range statuses {
		if status.SHA != "" && status.SHA != sha {
			return forge.CheckPage{}, transport.ErrNotAList
		}
		out.Items = append(out.Items, forge.Check{
			ID: strconv.FormatInt(status.ID, 10), Name: status.Name, App: status.Author.Username,
			State: forge.CheckStateOf(status.Status, jobStates), Said: status.Status, Order: status.ID,
		})
	}
	return out, nil
}

// pipelineOf is the newest pipeline of a request or of a branch, where it is that of the
// commit.
func (g *Project) pipelineOf(ctx context.Context, item forge.Item) (forge.CheckPage, error) {
	status, err := "", error(nil)
	if item.IsRequest() {
		status, err = g.requestPipeline(ctx, item)
	} else {
		status, err = g.commitPipeline(ctx, item.SHA)
	}
	if err != nil || status == "" {
		return forge.CheckPage{}, err
	}
	return forge.CheckPage{Items: []forge.Check{{
		ID: pipelineName, Name: pipelineName, State: forge.CheckStateOf(status, jobStates), Said: status,
	}}}, nil
}

// requestPipeline is the status of the pipeline of a merge request; "" where there is none
// of the commit yet. A pipeline for merged results runs on a merge commit, of which the
// commit is a parent.
//
// https://docs.gitlab.com/api/merge_requests/#get-single-mr
// https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/
func (g *Project) requestPipeline(ctx context.Context, item forge.Item) (string, error) {
	n, err := forge.Number(item.ID)
	if err != nil {
		return "", err
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, n, nil, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	pipeline := request.HeadPipeline
	switch {
	case request.IID != n:
		return "", transport.ErrNotAList
	case pipeline == nil || request.SHA != item.SHA:
		return "", nil
	case pipeline.SHA == item.SHA:
		return pipeline.Status, nil
	}
	merge, _, err := g.client.Commits.GetCommit(g.path, pipeline.SHA, nil, gitlab.WithContext(ctx))
	if err != nil {
		return "", forge.InPart("the commit of its pipeline", err)
	}
	if merge.ID != pipeline.SHA || !slices.Contains(merge.ParentIDs, item.SHA) {
		return "", nil
	}
	return pipeline.Status, nil
}

// commitPipeline is the status of the newest pipeline of a commit.
//
// https://docs.gitlab.com/api/commits/#get-a-single-commit
func (g *Project) commitPipeline(ctx context.Context, sha string) (string, error) {
	commit, _, err := g.client.Commits.GetCommit(g.path, sha, nil, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	switch {
	case commit.ID != sha:
		return "", transport.ErrNotAList
	case commit.LastPipeline == nil || commit.LastPipeline.SHA != sha:
		return "", nil
	default:
		return commit.LastPipeline.Status, nil
	}
}
