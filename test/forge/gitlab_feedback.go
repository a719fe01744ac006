package forge

import (
	"net/http"
	"strconv"
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
		{http.MethodPost, "/statuses/*", func(f *Forge, t telling) (int, any) {
			one := CommitStatus{SHA: t.parts[0], Name: t.text("name"), State: t.text("state"), Description: t.text("description"), URL: t.text("target_url")}
			if len([]rune(one.Description)) > 255 || one.State == "" {
				return http.StatusBadRequest, "description is too long (maximum is 255 characters)"
			}
			f.told.statuses = append(f.told.statuses, one)
			return http.StatusCreated, map[string]any{"id": f.give(), "sha": one.SHA, "status": one.State, "name": one.Name}
		}},
		{http.MethodPost, "/deployments", func(f *Forge, t telling) (int, any) {
			if t.text("ref") == "" || t.text("sha") == "" || t.text("environment") == "" || t.body["tag"] != false {
				return http.StatusBadRequest, "ref is missing, sha is missing"
			}
			e := f.environmentOf(t.text("environment"))
			e.Deployments = append(e.Deployments, Deployment{Ref: t.text("ref"), SHA: t.text("sha"), Status: t.text("status")})
			one := &ToldDeployment{ID: len(e.Deployments), SHA: t.text("sha"), Environment: e.Name, States: []string{t.text("status")}}
			f.told.deployments = append(f.told.deployments, one)
			return http.StatusCreated, map[string]any{"id": one.ID, "sha": one.SHA, "status": t.text("status")}
		}},
		{http.MethodPut, "/deployments/*", func(f *Forge, t telling) (int, any) {
			for _, one := range f.told.deployments {
				if one.ID == t.number(0) {
					one.States = append(one.States, t.text("status"))
					return http.StatusOK, map[string]any{"id": one.ID, "sha": one.SHA, "status": t.text("status")}
				}
			}
			return http.StatusNotFound, "404 Not found"
		}},
		{http.MethodPut, "/environments/*", gitLabEnvironmentAt(func(f *Forge, t telling, e *Environment) {
			for _, one := range f.told.deployments {
				if one.Environment == e.Name {
					one.URL = t.text("external_url")
				}
			}
		})},
		{http.MethodPost, "/environments/*/stop", gitLabEnvironmentAt(func(_ *Forge, _ telling, e *Environment) { e.State = "stopped" })},
	}
}

// environmentOf returns the environment of a name, which is made where there is none.
func (f *Forge) environmentOf(name string) *Environment {
	for _, e := range f.environments {
		if e != nil && e.Name == name {
			e.State = "available"
			return e
		}
	}
	e := &Environment{ID: 70 + len(f.environments), Name: name, Slug: "review-" + strconv.Itoa(len(f.environments)), State: "available"}
	f.environments = append(f.environments, e)
	return e
}

func gitLabEnvironmentAt(change func(f *Forge, t telling, e *Environment)) func(*Forge, telling) (int, any) {
	return func(f *Forge, t telling) (int, any) {
		for _, e := range f.environments {
			if e != nil && e.ID == t.number(0) {
				change(f, t, e)
				return http.StatusOK, gitLabEnvironment(e)
			}
		}
		return http.StatusNotFound, "404 Not found"
	}
}
