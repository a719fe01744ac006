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
	// URL is where it leads to, and the rest what it shows of a cluster.
	URL, Namespace, Flux string
	Agent                int
	// Busy lets nobody delete it, as if it were not stopped.
	Busy bool
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
	out := map[string]any{
		"id": e.ID, "name": e.Name, "slug": e.Slug, "state": e.State, "tier": "development",
		"external_url": orNull(e.URL), "kubernetes_namespace": orNull(e.Namespace), "flux_resource_path": orNull(e.Flux),
	}
	if e.Agent != 0 {
		out["cluster_agent"] = map[string]any{"id": e.Agent, "name": "agent"}
	}
	return out
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// number is that of the nth deployment to it, from 0.
func (e *Environment) number(n int) int { return e.ID*1000 + n + 1 }

// Environments are those that are there.
func (f *Forge) Environments() []Environment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Environment
	for _, e := range f.environments {
		if e != nil {
			out = append(out, *e)
		}
	}
	return out
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
					"id": e.number(n), "iid": n + 1, "ref": d.Ref, "sha": d.SHA, "status": d.Status,
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
