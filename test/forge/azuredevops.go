package forge

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// azureContract is what Microsoft says of the API of Azure DevOps.
var azureContract = sync.OnceValue(func() *contract {
	return load("azuredevops", "swagger.json", func(schemas openapi3.Schemas) excuses {
		// What was changed is described as a text. It is an object, see the answer in
		// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iteration-changes/get
		text := openapi3.NewStringSchema()
		schemas["GitPullRequestChange"].Value.Properties["item"] = openapi3.NewObjectSchema().
			WithProperties(map[string]*openapi3.Schema{"objectId": text, "path": text}).WithoutAdditionalProperties().NewRef()
		// Links are described as below "links", and in all examples are not.
		*schemas["ReferenceLinks"].Value = *openapi3.NewObjectSchema()
		// What is any JSON is described by the class that reads it, see
		// https://learn.microsoft.com/en-us/rest/api/azure/devops/policy/evaluations/list
		*schemas["JObject"].Value = *openapi3.NewObjectSchema()
		// Properties are described as what a library makes of them, and in all examples
		// are values by their names.
		*schemas["PropertiesCollection"].Value = *openapi3.NewObjectSchema()
		return excuses{
			// The same resource is called pullrequests and pullRequests there.
			anyCase: true,
			// Nothing but success is described. Errors are this, see
			// https://learn.microsoft.com/en-us/azure/devops/integrate/concepts/rest-api-overview
			statuses: azureFailures(openapi3.NewObjectSchema().WithProperties(map[string]*openapi3.Schema{
				"message": text, "typeName": text, "typeKey": text, "errorCode": openapi3.NewIntegerSchema(), "eventId": openapi3.NewIntegerSchema(),
			}).WithoutAdditionalProperties()),
			// Lists are described as arrays, and all examples of theirs are this.
			listed: func(array *openapi3.Schema) *openapi3.Schema {
				out := openapi3.NewObjectSchema().WithProperty("count", openapi3.NewIntegerSchema()).WithProperty("value", array)
				out.Required = []string{"count", "value"}
				return out.WithoutAdditionalProperties()
			},
		}
	}).below("/tfs")
})

func azureFailures(failure *openapi3.Schema) map[int]*openapi3.Schema {
	failure.Required = []string{"message"}
	return map[int]*openapi3.Schema{
		http.StatusUnauthorized: failure, http.StatusForbidden: failure, http.StatusNotFound: failure,
	}
}

// NewAzureDevOps returns an Azure DevOps Server with a project in a collection.
// A request by itself has no labels: they have an address of their own.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-requests
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-labels
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/refs/list
func NewAzureDevOps(t testing.TB) *Forge {
	return start(t, dialect{
		contract:    azureContract(),
		requestType: v1.InputProviderAzureDevOpsPullRequest,
		branchType:  v1.InputProviderAzureDevOpsBranch,
		tagType:     v1.InputProviderAzureDevOpsTag,
		repository:  "/tfs/Default/My%20Project/_git/api",
		api:         "/tfs/Default/My%20Project/_apis/git/repositories/api",
		self:        map[string]any{"id": "5febef5a-833d-4e14-b9c0-14cb638f91e6", "name": "api", "project": map[string]any{"id": azureProject, "name": "My Project"}},
		endpoints:   []endpoint{azureRequests(), azureRefs()},
		tales:       slices.Concat(azureTales(), azureChecks()),
		beside:      []tale{azurePolicies()},
		most:        1000,
		authorized: func(r *http.Request) bool {
			user, password, ok := r.BasicAuth()
			return ok && user == "" && password == Token && r.URL.Query().Get("api-version") != ""
		},
		page: func(r *http.Request) (int, int) {
			_, size := query(r, "", "$top")
			skip, _ := strconv.Atoi(r.URL.Query().Get("$skip") + r.URL.Query().Get("continuationToken"))
			return skip/size + 1, size
		},
		wrap: func(w http.ResponseWriter, r *http.Request, p slice) any {
			if strings.HasSuffix(r.URL.Path, "/refs") && p.number < p.last() {
				w.Header().Set("x-ms-continuationtoken", strconv.Itoa(p.number*p.size))
			}
			return map[string]any{"value": p.items, "count": len(p.items)}
		},
		failure: func(message string) any {
			return map[string]any{"message": message, "typeKey": "GitPullRequestNotFoundException", "errorCode": 0}
		},
	})
}

// azureRequests answers a request by itself without labels.
func azureRequests() endpoint {
	listed := requestsAt("/pullrequests", func(_ *Forge, r Request) any {
		out := azureRequest(r)
		out["labels"] = azureLabels(r.Labels)
		return out
	})
	listed.one = func(f *Forge, _ *http.Request, key string) any {
		if r := f.request(key); r != nil {
			told := azureRequest(*r)
			told["reviewers"] = azureReviewers(f, r.Number)
			return told
		}
		return nil
	}
	listed.below = func(f *Forge, _ http.ResponseWriter, r *http.Request, of Request, rest string) any {
		if rest == "labels" {
			return map[string]any{"value": azureLabels(of.Labels), "count": len(of.Labels)}
		}
		if rest == "iterations" {
			return azurePushes(f, of)
		}
		return azureChanges(r, of, rest)
	}
	return listed
}

func azureRequest(r Request) map[string]any {
	status := state(r, "active", "abandoned")
	if r.Merged {
		status = "completed"
	}
	out := map[string]any{
		"pullRequestId": r.Number, "title": r.Title, "status": status, "isDraft": r.Draft,
		"createdBy":     azureIdentity(r.Author),
		"sourceRefName": "refs/heads/" + r.Branch, "targetRefName": "refs/heads/" + r.Target,
	}
	if !r.NoMerge { // the server has tried the merge
		out["lastMergeSourceCommit"] = map[string]any{"commitId": r.SHA}
	}
	if r.Fork {
		out["forkSource"] = map[string]any{"name": "refs/heads/" + r.Branch, "repository": map[string]any{"id": "7febef5a-833d-4e14-b9c0-14cb638f91e6"}}
	}
	return out
}

// azureLabels are labels that are in use.
func azureLabels(labels []string) []any {
	out := []any{}
	for i, label := range labels {
		out = append(out, map[string]any{"id": fmt.Sprintf("92080ff1-37d6-4e46-9d54-%012d", i+1), "name": label, "active": true})
	}
	return out
}

// azureRefs lists branches and tags alike, by a prefix of their full name. The
// commit behind an annotated tag is told where it is asked for.
func azureRefs() endpoint {
	return endpoint{path: "/refs", list: func(f *Forge, r *http.Request) []any {
		var out []any
		add := func(name string, ref Ref) {
			if !strings.HasPrefix(name, "refs/"+r.URL.Query().Get("filter")) {
				return
			}
			told := map[string]any{"name": name, "objectId": ref.object()}
			if ref.Annotated && r.URL.Query().Get("peelTags") == "true" {
				told["peeledObjectId"] = ref.SHA
			}
			out = append(out, told)
		}
		for _, branch := range f.branches {
			add("refs/heads/"+branch.Name, branch)
		}
		for _, tag := range f.tags {
			add("refs/tags/"+tag.Name, tag)
		}
		return out
	}}
}

// azurePushes answers for the pushes of a request.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iterations/list
func azurePushes(f *Forge, of Request) any {
	pushes := []any{}
	for n, one := range f.happenedTo(of.Number, pushed) {
		if !of.NoMerge {
			pushes = append(pushes, map[string]any{"id": n + 1, "sourceRefCommit": map[string]any{"commitId": one.sha}, "createdDate": one.at})
		}
	}
	return map[string]any{"value": pushes, "count": len(pushes)}
}

// azureChanges answers for what the last push of a request changes.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iteration-changes/get
func azureChanges(r *http.Request, of Request, rest string) any {
	switch {
	case strings.HasPrefix(rest, "iterations/") && strings.HasSuffix(rest, "/changes"):
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
