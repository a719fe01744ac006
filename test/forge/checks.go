package forge

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Check is something that CI says of a commit.
type Check struct {
	ID             int
	SHA, Name, App string
	// State is success, failure, pending, neutral, skipped or warning, in the word of
	// the forge that comes next to it.
	State string
	// Request is the number of the request that it is said of as well, and not of its
	// commit; Policy that a policy of that request asks for it.
	Request int
	Policy  bool
	// Expired says that a policy wants it anew.
	Expired bool
}

// Pipeline is one of GitLab's: of a request, or of a branch where that is 0.
type Pipeline struct {
	Request     int
	SHA, Status string
	// Of is the commit whose merge it ran on; none where it ran on a commit itself.
	Of string
}

// Check lets CI say something of a commit. What it says later under the same name counts.
func (f *Forge) Check(one Check) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one.ID = f.give()
	f.checks = append(f.checks, one)
}

// Pipeline lets a pipeline begin, or go on.
func (f *Forge) Pipeline(one Pipeline) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pipelines = append(f.pipelines, one)
}

// checksOf are those of a commit that are of no request, the oldest first.
func (f *Forge) checksOf(sha string) []Check {
	return slices.DeleteFunc(slices.Clone(f.checks), func(c Check) bool { return c.SHA != sha || c.Request > 0 })
}

// newest leaves of checks the last one of each name.
func newest(checks []Check) []Check {
	var out []Check
	for n, one := range checks {
		if !slices.ContainsFunc(checks[n+1:], func(c Check) bool { return c.Name == one.Name && c.App == one.App && c.Request == one.Request }) {
			out = append(out, one)
		}
	}
	return out
}

// when is when a check was said.
func (c Check) when() time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(c.ID) * time.Second)
}

// in says a state in the words of a forge; what those lack as it is.
func (c Check) in(words map[string]string) string {
	if word, known := words[c.State]; known {
		return word
	}
	return c.State
}

// gitHubChecks are check runs, of apps, and statuses, of nobody in particular.
//
// https://docs.github.com/en/rest/checks/runs
// https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference
func gitHubChecks(c *contract) []tale {
	run, status, combined := c.first("checkruns", "check_runs"), c.first("combined", "statuses"), c.whole("combined")
	app := run.part("app")
	return []tale{
		{http.MethodGet, "/commits/*/check-runs", func(f *Forge, t telling) (int, any) {
			all := []any{}
			for _, one := range newest(f.checksOf(t.parts[0])) {
				if one.App == "" {
					continue
				}
				fields := map[string]any{
					"id": one.ID, "name": one.Name, "head_sha": one.SHA, "app": app.with(map[string]any{"slug": one.App}),
					"status": "completed", "conclusion": one.State, "started_at": one.when(), "completed_at": one.when(),
				}
				if one.State == "pending" {
					fields["status"], fields["conclusion"], fields["completed_at"] = "in_progress", nil, nil
				}
				all = append(all, run.with(fields))
			}
			return http.StatusOK, map[string]any{"total_count": len(all), "check_runs": f.paged(t.w, t.r, all)}
		}},
		{http.MethodGet, "/commits/*/status", func(f *Forge, t telling) (int, any) {
			all, words := []any{}, map[string]string{"neutral": "success", "skipped": "success", "warning": "error"}
			for _, one := range newest(f.checksOf(t.parts[0])) {
				if one.App == "" {
					all = append(all, status.with(map[string]any{"id": one.ID, "context": one.Name, "state": one.in(words)}))
				}
			}
			return http.StatusOK, combined.with(map[string]any{
				"sha": t.parts[0], "state": "pending", "total_count": len(all), "statuses": f.paged(t.w, t.r, all),
			})
		}},
	}
}

// gitLabChecks are statuses, and a commit with its parents and its newest pipeline.
//
// https://docs.gitlab.com/api/commits/#list-the-statuses-of-a-commit
// https://docs.gitlab.com/api/commits/#get-a-single-commit
func gitLabChecks() []tale {
	words := map[string]string{"failure": "failed", "neutral": "manual", "warning": "failed"}
	return []tale{
		{http.MethodGet, "/repository/commits/*/statuses", func(f *Forge, t telling) (int, any) {
			all := []any{}
			for _, one := range newest(f.checksOf(t.parts[0])) {
				all = append(all, map[string]any{
					"id": one.ID, "sha": one.SHA, "ref": "main", "status": one.in(words), "name": one.Name, "allow_failure": one.State == "warning",
					"created_at": one.when(), "author": map[string]any{"username": or(one.App, "ci")},
				})
			}
			return http.StatusOK, f.paged(t.w, t.r, all)
		}},
		{http.MethodGet, "/repository/commits/*", func(f *Forge, t telling) (int, any) {
			out := map[string]any{"id": t.parts[0], "parent_ids": []string{"ba5e"}}
			for _, one := range f.pipelines {
				if one.SHA != t.parts[0] {
					continue
				}
				out["last_pipeline"] = gitLabPipeline(one)
				if one.Of != "" {
					out["parent_ids"] = []string{"ba5e", one.Of}
				}
			}
			return http.StatusOK, out
		}},
	}
}

func gitLabPipeline(p Pipeline) map[string]any {
	return map[string]any{"id": 1, "sha": p.SHA, "ref": "main", "status": p.Status}
}

// headPipeline is the newest pipeline of a request; nil for none.
func (f *Forge) headPipeline(request int) any {
	var out any
	for _, one := range f.pipelines {
		if one.Request == request {
			out = gitLabPipeline(one)
		}
	}
	return out
}

// giteaChecks are all statuses that were ever set.
//
// https://docs.gitea.com/api/ (repoListStatusesByRef)
func giteaChecks() tale {
	return tale{http.MethodGet, "/commits/*/statuses", func(f *Forge, t telling) (int, any) {
		all := []any{}
		for _, one := range f.checksOf(t.parts[0]) {
			all = append(all, map[string]any{
				"id": one.ID, "context": one.Name, "status": one.in(map[string]string{"neutral": "warning"}), "created_at": one.when(),
				"creator": map[string]any{"login": or(one.App, "ci")},
			})
		}
		return http.StatusOK, f.paged(t.w, t.r, all)
	}}
}

// azureProject is the id of the project.
const azureProject = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"

// azureChecks are the statuses of commits, and those of requests.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses/list
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-statuses/list
func azureChecks() []tale {
	words := map[string]string{"success": "succeeded", "failure": "failed", "neutral": "notApplicable", "skipped": "notApplicable", "warning": "error"}
	tell := func(one Check) map[string]any {
		genre, name := "", one.Name
		for n := range one.Name {
			if one.Name[n] == '/' {
				genre, name = one.Name[:n], one.Name[n+1:]
				break
			}
		}
		return map[string]any{"id": one.ID, "state": one.in(words), "creationDate": one.when(), "context": map[string]any{"genre": genre, "name": name}}
	}
	listed := func(all []any) (int, any) {
		return http.StatusOK, map[string]any{"value": all, "count": len(all)}
	}
	return []tale{
		{http.MethodGet, "/commits/*/statuses", func(f *Forge, t telling) (int, any) {
			all := []any{}
			for _, one := range newest(f.checksOf(t.parts[0])) {
				all = append(all, tell(one))
			}
			return listed(all)
		}},
		{http.MethodGet, "/pullRequests/*/statuses", on(func(f *Forge, _ telling, number int) (int, any) {
			all := []any{}
			for _, one := range f.checks {
				if one.Request != number || one.Policy {
					continue
				}
				told := tell(one)
				if one.SHA == f.requests[number-1].SHA {
					told["iterationId"] = 1
				}
				all = append(all, told)
			}
			return listed(all)
		})},
	}
}

// azurePolicies are the builds that policies ask for of a request.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/policy/evaluations/list
func azurePolicies() tale {
	words := map[string]string{"success": "approved", "failure": "rejected", "pending": "running", "skipped": "notApplicable"}
	return tale{http.MethodGet, "/tfs/Default/My Project/_apis/policy/evaluations", func(f *Forge, t telling) (int, any) {
		all := []any{map[string]any{
			"evaluationId": "0a2f3b4c-1111-4222-8333-000000000000", "status": "approved",
			"configuration": map[string]any{"type": map[string]any{"id": "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "displayName": "Minimum number of reviewers"}},
		}}
		for _, one := range newest(f.checks) {
			if !one.Policy || t.r.URL.Query().Get("artifactId") != fmt.Sprintf("vstfs:///CodeReview/CodeReviewId/%s/%d", azureProject, one.Request) {
				continue
			}
			all = append(all, map[string]any{
				"evaluationId": fmt.Sprintf("0a2f3b4c-1111-4222-8333-%012d", one.ID), "status": one.in(words),
				"configuration": map[string]any{
					"type": map[string]any{"id": "0609b952-1397-4640-95ec-e00a01b2c241", "displayName": "Build"}, "settings": map[string]any{"buildDefinitionId": 42, "displayName": nil},
				},
				"context": map[string]any{
					"lastMergeSourceCommitId": one.SHA, "lastMergeTargetCommitId": "ba5e", "buildDefinitionName": one.Name, "isExpired": one.Expired, "buildIsNotCurrent": true,
				},
			})
		}
		return http.StatusOK, map[string]any{"value": all, "count": len(all)}
	}}
}

// bitbucketWords are the states of builds.
var bitbucketWords = map[string]string{
	"success": "SUCCESSFUL", "failure": "FAILED", "pending": "INPROGRESS", "neutral": "STOPPED", "skipped": "STOPPED", "warning": "FAILED",
}

func bitbucketBuild(one Check) map[string]any {
	return map[string]any{"key": "key-" + one.Name, "name": one.Name, "state": one.in(bitbucketWords), "url": "https://ci.example.com/" + one.Name}
}

// cloudChecks are the statuses of builds.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
func cloudChecks() tale {
	return tale{http.MethodGet, "/commit/*/statuses", func(f *Forge, t telling) (int, any) {
		all := []any{}
		for _, one := range newest(f.checksOf(t.parts[0])) {
			told := bitbucketBuild(one)
			told["type"], told["updated_on"] = "build", one.when()
			all = append(all, told)
		}
		return http.StatusOK, f.paged(t.w, t.r, all)
	}}
}

// serverCheck is the build with a key.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/
func serverCheck() tale {
	return tale{http.MethodGet, "/commits/*/builds", func(f *Forge, t telling) (int, any) {
		for _, one := range newest(f.checksOf(t.parts[0])) {
			if told := bitbucketBuild(one); told["key"] == t.r.URL.Query().Get("key") {
				return http.StatusOK, told
			}
		}
		return http.StatusNotFound, "There is no build status with that key"
	}}
}

// serverChecks are all builds of a commit, the newest first.
func serverChecks() tale {
	return tale{http.MethodGet, "/bitbucket/rest/build-status/1.0/commits/*", func(f *Forge, t telling) (int, any) {
		all := []any{}
		for _, one := range newest(f.checksOf(t.parts[0])) {
			all = append(all, bitbucketBuild(one))
		}
		slices.Reverse(all)
		return http.StatusOK, f.paged(t.w, t.r, all)
	}}
}
