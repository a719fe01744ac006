package forge

import (
	"net/http"
	"strconv"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// NewAzureDevOps returns an Azure DevOps Server with a project in a collection.
// A request by itself has no labels: they have an address of their own.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-requests
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-labels
func NewAzureDevOps(t testing.TB) *Forge {
	return start(t, dialect{
		providerType: v1.InputProviderAzureDevOpsPullRequest,
		repository:   "/tfs/Default/My%20Project/_git/api",
		requests:     "/tfs/Default/My%20Project/_apis/git/repositories/api/pullrequests",
		most:         1000,
		authorized: func(r *http.Request) bool {
			user, password, ok := r.BasicAuth()
			return ok && user == "" && password == Token && r.URL.Query().Get("api-version") != ""
		},
		page: func(r *http.Request) (int, int) {
			_, size := query(r, "", "$top")
			skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
			return skip/size + 1, size
		},
		listed: func(_ *Forge, r Request) any {
			out := azureRequest(r)
			out["labels"] = names(r.Labels)
			return out
		},
		single: func(_ *Forge, r Request) any { return azureRequest(r) },
		wrap: func(_ http.ResponseWriter, _ *http.Request, p slice) any {
			return map[string]any{"value": p.items, "count": len(p.items)}
		},
		below: azureIterations,
		labels: func(r Request) any {
			return map[string]any{"value": names(r.Labels), "count": len(r.Labels)}
		},
		failure: func(message string) any {
			return map[string]any{"message": message, "typeKey": "GitPullRequestNotFoundException", "errorCode": 0}
		},
	})
}

func azureRequest(r Request) map[string]any {
	status := state(r, "active", "abandoned")
	if r.Merged {
		status = "completed"
	}
	out := map[string]any{
		"pullRequestId": r.Number, "title": r.Title, "status": status, "isDraft": r.Draft,
		"createdBy":     map[string]any{"displayName": r.Author, "uniqueName": r.Author + "@example.com"},
		"sourceRefName": "refs/heads/" + r.Branch, "targetRefName": "refs/heads/" + r.Target,
	}
	if !r.NoMerge { // the server has tried the merge
		out["lastMergeSourceCommit"] = map[string]any{"commitId": r.SHA}
	}
	if r.Fork {
		out["forkSource"] = map[string]any{"name": "refs/heads/" + r.Branch}
	}
	return out
}

// azureIterations answers for the pushes of a request, here one, and for what
// the last of them changes.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iteration-changes/get
func azureIterations(_ *Forge, _ http.ResponseWriter, r *http.Request, of Request, rest string) any {
	switch rest {
	case "iterations":
		pushes := []any{}
		if !of.NoMerge {
			pushes = append(pushes, map[string]any{"id": 1, "sourceRefCommit": map[string]any{"commitId": of.SHA}})
		}
		return map[string]any{"value": pushes, "count": len(pushes)}
	case "iterations/1/changes":
		_, size := query(r, "", "$top")
		skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
		entries, all := []any{}, filesOf(of)
		for _, one := range all[min(skip, len(all)):min(skip+size, len(all))] {
			entry := map[string]any{"item": map[string]any{"path": "/" + one.path}, "changeType": "edit"}
			if one.from != "" {
				entry["changeType"], entry["originalPath"] = "rename", "/"+one.from
			}
			entries = append(entries, entry)
		}
		out := map[string]any{"changeEntries": entries}
		if skip+size < len(all) {
			out["nextSkip"], out["nextTop"] = skip+size, size
		}
		return out
	default:
		return nil
	}
}
