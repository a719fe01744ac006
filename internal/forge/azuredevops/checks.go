package azuredevops

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

const (
	// buildPolicy is the type of the policies that validate a build.
	buildPolicy = "0609b952-1397-4640-95ec-e00a01b2c241"
	// policyVersion is that of the API of policies, which never left its preview.
	policyVersion = apiVersion + "-preview.1"
	// statusesPage is how many statuses one page is asked for.
	statusesPage = 1000
)

// statusStates are what a status may come to.
var statusStates = map[string]forge.CheckState{
	"succeeded": forge.CheckSuccess, "notApplicable": forge.CheckSkipped, "failed": forge.CheckFailed, "error": forge.CheckFailed,
}

// posted is a status as it is listed. That of a request has an iteration where it was
// posted to one.
type posted struct {
	status
	ID        int `json:"id"`
	Iteration int `json:"iterationId"`
}

// check reads a status. Its name is as the page puts it together.
func (s posted) check(list string) forge.Check {
	return forge.Check{
		ID: list + strconv.Itoa(s.ID), Name: strings.TrimPrefix(s.Context.Genre+"/"+s.Context.Name, "/"),
		State: forge.CheckStateOf(s.State, statusStates), Said: s.State,
	}
}

// Checks implements forge.Checks: the statuses of the commit, those of its iteration of
// the request, and the builds by which policies validate the request, of that commit.
func (a *Repository) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	lists := []func(context.Context, string) (forge.CheckPage, error){
		func(ctx context.Context, at string) (forge.CheckPage, error) {
			return a.commitStatuses(ctx, item.SHA, at)
		},
	}
	if item.IsRequest() {
		lists = append(lists,
			func(ctx context.Context, _ string) (forge.CheckPage, error) { return a.requestStatuses(ctx, item) },
			func(ctx context.Context, at string) (forge.CheckPage, error) { return a.validations(ctx, item, at) })
	}
	return a.place.ReadChecks(ctx, item, wanted, lists...)
}

// commitStatuses reads a page of the statuses of a commit, the newest of each context.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses/list
func (a *Repository) commitStatuses(ctx context.Context, sha, at string) (forge.CheckPage, error) {
	var statuses list[posted]
	query := url.Values{"latestOnly": {"true"}, "top": {strconv.Itoa(statusesPage)}, "skip": {cmp.Or(at, "0")}}
	if _, err := a.get(ctx, "/commits/"+url.PathEscape(sha)+"/statuses", query, &statuses); err != nil {
		return forge.CheckPage{}, err
	}
	checks, err := statuses.checksOf(func(s posted) (forge.Check, bool) { return s.check("commit "), true })
	return forge.CheckPage{Items: checks, Next: nextPart(at, len(statuses.Value))}, err
}

// checksOf reads a list of what may be checks, of those that count.
func (l list[T]) checksOf(read func(T) (forge.Check, bool)) ([]forge.Check, error) {
	if l.Count == nil || *l.Count != len(l.Value) || l.Value == nil {
		return nil, transport.ErrNotAList
	}
	var out []forge.Check
	for _, one := range l.Value {
		if check, counts := read(one); counts {
			out = append(out, check)
		}
	}
	return out, nil
}

// requestStatuses are the statuses of the iteration that a commit is, the newest first.
// One that was posted to no iteration is of the request, and of no commit.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-statuses/list
func (a *Repository) requestStatuses(ctx context.Context, item forge.Item) (forge.CheckPage, error) {
	var statuses list[posted]
	if _, err := a.get(ctx, "/pullRequests/"+item.ID+"/statuses", nil, &statuses); err != nil {
		return forge.CheckPage{}, err
	}
	var pushes list[iteration]
	if _, err := a.get(ctx, "/pullrequests/"+item.ID+"/iterations", nil, &pushes); err != nil {
		return forge.CheckPage{}, err
	}
	isOfCommit := func(n int) bool {
		return slices.ContainsFunc(pushes.Value, func(i iteration) bool { return i.ID == n && i.SourceCommit.ID == item.SHA })
	}
	checks, err := statuses.checksOf(func(s posted) (forge.Check, bool) { return s.check("request "), isOfCommit(s.Iteration) })
	slices.Reverse(checks)
	return forge.CheckPage{Items: checks}, err
}

// evaluation is what became of a policy for a request.
type evaluation struct {
	ID            string `json:"evaluationId"`
	Status        string `json:"status"`
	Configuration struct {
		Type struct {
			ID string `json:"id"`
		} `json:"type"`
		Settings struct {
			DisplayName string `json:"displayName"`
			Definition  int    `json:"buildDefinitionId"`
		} `json:"settings"`
	} `json:"configuration"`
	// Context says of which build; a commit that became another is no longer that of it.
	Context struct {
		Commit     string `json:"lastMergeSourceCommitId"`
		Definition string `json:"buildDefinitionName"`
		IsExpired  bool   `json:"isExpired"`
	} `json:"context"`
}

// check reads an evaluation for a commit. What was found of another commit, or is not
// valid any more, has yet to come.
func (e evaluation) check(sha string) forge.Check {
	out := forge.Check{
		ID: "policy " + e.ID, Said: e.Status, State: forge.CheckPending,
		Name: cmp.Or(e.Configuration.Settings.DisplayName, e.Context.Definition, fmt.Sprint("build ", e.Configuration.Settings.Definition)),
	}
	switch {
	case !strings.EqualFold(e.Context.Commit, sha):
		out.Said += " of another commit"
	case e.Context.IsExpired:
		out.Said += ", expired"
	default:
		out.State = forge.CheckStateOf(e.Status, map[string]forge.CheckState{
			"approved": forge.CheckSuccess, "notApplicable": forge.CheckSkipped, "rejected": forge.CheckFailed, "broken": forge.CheckFailed,
		})
	}
	return out
}

// validations reads a page of the builds that policies ask for of a request.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/policy/evaluations/list
func (a *Repository) validations(ctx context.Context, item forge.Item, at string) (forge.CheckPage, error) {
	id, err := a.projectID(ctx)
	if err != nil {
		return forge.CheckPage{}, err
	}
	project, _, _ := strings.Cut(a.api, "/_apis/git/")
	query := url.Values{
		"artifactId":  {fmt.Sprintf("vstfs:///CodeReview/CodeReviewId/%s/%s", id, item.ID)},
		"api-version": {policyVersion}, "$top": {strconv.Itoa(statusesPage)}, "$skip": {cmp.Or(at, "0")},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, project+"/_apis/policy/evaluations?"+query.Encode(), nil)
	if err != nil {
		return forge.CheckPage{}, err
	}
	var found list[evaluation]
	if _, err := a.do(req, &found); err != nil {
		return forge.CheckPage{}, err
	}
	checks, err := found.checksOf(func(e evaluation) (forge.Check, bool) {
		return e.check(item.SHA), strings.EqualFold(e.Configuration.Type.ID, buildPolicy)
	})
	return forge.CheckPage{Items: checks, Next: nextPart(at, len(found.Value))}, err
}

// projectID is the number of the project, which stays: it is asked for once.
func (a *Repository) projectID(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.project != "" {
		return a.project, nil
	}
	var repository struct {
		Project struct {
			ID string `json:"id"`
		} `json:"project"`
	}
	if _, err := a.get(ctx, "", nil, &repository); err != nil {
		return "", err
	}
	a.project = repository.Project.ID
	return a.project, forge.Exists(a.project)
}

// nextPart is how many to skip for the next part of a list; "" after the last one.
func nextPart(at string, got int) string {
	if got < statusesPage {
		return ""
	}
	skipped, _ := strconv.Atoi(at) // "" is none
	return strconv.Itoa(skipped + got)
}
