package forge

import (
	"net/http"
	"slices"
	"strconv"
)

// Environment is where GitLab deploys to.
type Environment struct {
	ID          int
	Name, Slug  string
	State       string
	Deployments []Deployment
}

// Deployment is of a commit, by ada; the status is GitLab's.
type Deployment struct{ Ref, SHA, Status string }

// Environment makes an available environment, and returns its number.
func (f *Forge) Environment(name, slug string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := &Environment{ID: 70 + len(f.environments), Name: name, Slug: slug, State: "available"}
	f.environments = append(f.environments, e)
	return e.ID
}

// Deploy deploys to an environment.
func (f *Forge) Deploy(id int, d Deployment) {
	f.ChangeEnvironment(id, func(e *Environment) { e.Deployments = append(e.Deployments, d) })
}

// ChangeEnvironment changes an environment.
func (f *Forge) ChangeEnvironment(id int, change func(*Environment)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.environments[id-70])
}

// DeleteEnvironment deletes an environment.
func (f *Forge) DeleteEnvironment(id int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.environments[id-70] = nil
}

func gitLabEnvironments() endpoint {
	return endpoint{
		path: "/environments",
		list: func(f *Forge, r *http.Request) []any {
			var out []any
			for _, e := range f.environments {
				states, name := r.URL.Query().Get("states"), r.URL.Query().Get("name")
				if e != nil && (states == "" || states == e.State) && (name == "" || name == e.Name) {
					out = append(out, gitLabEnvironment(e))
				}
			}
			return out
		},
		one: func(f *Forge, _ *http.Request, key string) any {
			for _, e := range f.environments {
				if e != nil && strconv.Itoa(e.ID) == key {
					return gitLabEnvironment(e)
				}
			}
			return nil
		},
	}
}

func gitLabEnvironment(e *Environment) any {
	return map[string]any{"id": e.ID, "name": e.Name, "slug": e.Slug, "state": e.State, "tier": "development"}
}

// gitLabDeployments lists the deployments to one environment, newest first.
func gitLabDeployments() endpoint {
	return endpoint{path: "/deployments", list: func(f *Forge, r *http.Request) []any {
		var out []any
		asked := r.URL.Query()
		for _, e := range f.environments {
			if e == nil || e.Name != asked.Get("environment") {
				continue
			}
			for n, d := range e.Deployments {
				out = append(out, map[string]any{
					"id": n + 1, "iid": n + 1, "ref": d.Ref, "sha": d.SHA, "status": d.Status,
					"user": map[string]any{"username": "ada", "name": "Ada Lovelace"},
				})
			}
		}
		if asked.Get("sort") == "desc" && asked.Get("order_by") == "created_at" {
			slices.Reverse(out)
		}
		return out
	}}
}
