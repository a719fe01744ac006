package forge

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// gitLabTales are notes, statuses and deployments.
//
// https://docs.gitlab.com/api/notes/#merge-requests
// https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
// https://docs.gitlab.com/api/deployments/#create-a-deployment
// https://docs.gitlab.com/api/environments/
func gitLabTales() []tale {
	tell := func(_ *Forge, one Comment) any {
		return map[string]any{"id": one.ID, "body": one.Text, "author": gitLabUser(one.Author), "system": false}
	}
	return []tale{
		{http.MethodGet, "/merge_requests/*/notes", listing(gitLabNotes)},
		{http.MethodPost, "/merge_requests/*/notes", on(said("body", tell))},
		{http.MethodPut, "/merge_requests/*/notes/*", about(1, resaid("body", tell))},
		{http.MethodDelete, "/merge_requests/*/notes/*", about(1, unsaid(http.StatusNoContent))},
		{http.MethodPost, "/statuses/*", func(f *Forge, t telling) (int, any) {
			one := CommitStatus{SHA: t.parts[0], Name: t.text("name"), State: t.text("state"), Description: t.text("description"), URL: t.text("target_url")}
			if len([]rune(one.Description)) > 255 || one.State == "" {
				return http.StatusBadRequest, "description is too long (maximum is 255 characters)"
			}
			if f.isElsewhere(one.SHA) {
				return http.StatusNotFound, "404 Commit Not Found"
			}
			f.told.statuses = append(f.told.statuses, one)
			return http.StatusCreated, map[string]any{"id": f.give(), "sha": one.SHA, "status": one.State, "name": one.Name}
		}},
		{http.MethodPost, "/deployments", gitLabDeploy},
		{http.MethodGet, "/deployments/*", gitLabDeploymentAt(func(*Environment, *Deployment, telling) string { return "" })},
		{http.MethodPut, "/deployments/*", gitLabDeploymentAt(gitLabBecome)},
		{http.MethodPut, "/environments/*", gitLabEnvironmentAt(gitLabEdit)},
		{http.MethodPost, "/environments/*/stop", gitLabEnvironmentAt(func(_ *Forge, t telling, e *Environment) (int, string) {
			if e.State = "stopping"; t.body["force"] == true {
				e.State = "stopped"
			}
			return http.StatusOK, ""
		})},
		{http.MethodDelete, "/environments/*", gitLabEnvironmentAt(func(f *Forge, _ telling, e *Environment) (int, string) {
			if e.State != "stopped" || e.Busy {
				return http.StatusForbidden, "403 Forbidden"
			}
			f.environments[e.ID-70] = nil
			return http.StatusNoContent, ""
		})},
	}
}

// isElsewhere reports whether a commit is that of a fork alone, which is another project.
func (f *Forge) isElsewhere(sha string) bool {
	of := func(fork bool) bool {
		return slices.ContainsFunc(f.requests, func(r *Request) bool { return r.SHA == sha && r.Fork == fork })
	}
	return of(true) && !of(false)
}

// GitLabAgent is the number of the one agent that the project may use.
const GitLabAgent = 7

// gitLabDeploy begins a deployment, which makes the environment where there is none.
func gitLabDeploy(f *Forge, t telling) (int, any) {
	if t.text("ref") == "" || t.text("sha") == "" || t.text("environment") == "" || t.body["tag"] != false {
		return http.StatusBadRequest, "ref is missing, sha is missing"
	}
	if !f.hasRef(t.text("ref")) && t.text("ref") != t.text("sha") {
		return http.StatusBadRequest, "ref: The branch or tag does not exist"
	}
	e := f.environmentOf(t.text("environment"))
	e.Deployments = append(e.Deployments, Deployment{Ref: t.text("ref"), SHA: t.text("sha"), Status: t.text("status")})
	one := &ToldDeployment{ID: e.number(len(e.Deployments) - 1), SHA: t.text("sha"), Environment: e.Name, States: []string{t.text("status")}}
	f.told.deployments = append(f.told.deployments, one)
	return http.StatusCreated, map[string]any{"id": one.ID, "sha": one.SHA, "status": t.text("status")}
}

// hasRef reports whether there is such a branch, or such a request.
func (f *Forge) hasRef(name string) bool {
	number, isRequest := strings.CutPrefix(name, "refs/merge-requests/")
	if isRequest {
		return f.request(strings.TrimSuffix(number, "/head")) != nil
	}
	return slices.ContainsFunc(f.branches, func(one Ref) bool { return one.Name == name })
}

// gitLabDeploymentAt answers with a deployment, unless a change of it is refused.
func gitLabDeploymentAt(change func(*Environment, *Deployment, telling) string) func(*Forge, telling) (int, any) {
	return func(f *Forge, t telling) (int, any) {
		e, n := t.number(0)/1000-70, t.number(0)%1000-1
		if e < 0 || e >= len(f.environments) || f.environments[e] == nil || n < 0 || n >= len(f.environments[e].Deployments) {
			return http.StatusNotFound, "404 Not found"
		}
		one := &f.environments[e].Deployments[n]
		before := one.Status
		if refused := change(f.environments[e], one, t); refused != "" {
			return http.StatusBadRequest, refused
		}
		for _, told := range f.told.deployments {
			if told.ID == t.number(0) && before != one.Status {
				told.States = append(told.States, one.Status)
			}
		}
		return http.StatusOK, map[string]any{"id": t.number(0), "sha": one.SHA, "ref": one.Ref, "status": one.Status}
	}
}

// gitLabBecome changes the status of a deployment; one that succeeds starts its
// environment. None comes to the status that it has, nor begins again.
func gitLabBecome(e *Environment, one *Deployment, t telling) string {
	status := t.text("status")
	if status == one.Status || status == "running" && one.Status != "created" || status == "" {
		return "status: cannot transition"
	}
	if one.Status = status; status == "success" {
		e.State = "available"
	}
	return ""
}

// gitLabEdit changes what is named of an environment.
func gitLabEdit(f *Forge, t telling, e *Environment) (int, string) {
	if agent, named := t.body["cluster_agent_id"]; named {
		if agent != float64(GitLabAgent) {
			return http.StatusBadRequest, "400 Bad request - cluster agent doesn't exist or cannot be associated with this environment"
		}
		e.Agent = GitLabAgent
	}
	for field, into := range map[string]*string{"external_url": &e.URL, "kubernetes_namespace": &e.Namespace, "flux_resource_path": &e.Flux} {
		if _, named := t.body[field]; named {
			*into = t.text(field)
		}
	}
	for _, one := range f.told.deployments {
		if one.Environment == e.Name && e.URL != "" {
			one.URL = e.URL
		}
	}
	return http.StatusOK, ""
}

// environmentOf returns the environment of a name, which is made where there is none.
func (f *Forge) environmentOf(name string) *Environment {
	for _, e := range f.environments {
		if e != nil && e.Name == name {
			return e
		}
	}
	e := &Environment{ID: 70 + len(f.environments), Name: name, Slug: "review-" + strconv.Itoa(len(f.environments)), State: "available"}
	f.environments = append(f.environments, e)
	return e
}

func gitLabEnvironmentAt(change func(f *Forge, t telling, e *Environment) (int, string)) func(*Forge, telling) (int, any) {
	return func(f *Forge, t telling) (int, any) {
		for _, e := range f.environments {
			if e == nil || e.ID != t.number(0) {
				continue
			}
			switch code, refused := change(f, t, e); {
			case refused != "":
				return code, refused
			case code == http.StatusNoContent:
				return code, nil
			default:
				return code, gitLabEnvironment(e)
			}
		}
		return http.StatusNotFound, "404 Not found"
	}
}
