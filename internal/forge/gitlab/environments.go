package gitlab

import (
	"context"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Environments implements forge.Environments: the deployment environments that are not stopped.
//
// https://docs.gitlab.com/api/environments/
// https://docs.gitlab.com/api/deployments/
func (g *Project) Environments() *forge.Collection {
	return &forge.Collection{
		One: "environment", Many: "available environments", Of: g.place,
		Page: g.environmentsPage, Find: g.environment, Visible: g.visible, Complete: g.deployed,
	}
}

func (g *Project) environmentsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	options := &gitlab.ListEnvironmentsOptions{ListOptions: pageAt(at), States: gitlab.Ptr("available")}
	environments, resp, err := g.client.Environments.ListEnvironments(g.path, options, gitlab.WithContext(ctx))
	return pageOf(environments, resp, err, environmentOf)
}

func (g *Project) environment(ctx context.Context, key string) (forge.Item, error) {
	n, err := forge.Number(key)
	if err != nil {
		return forge.Item{}, err
	}
	environment, _, err := g.client.Environments.GetEnvironment(g.path, n, gitlab.WithContext(ctx))
	if err != nil {
		return forge.Item{}, err
	}
	return environmentOf(environment)
}

func environmentOf(e *gitlab.Environment) (forge.Item, error) {
	item := forge.Item{ID: strconv.FormatInt(e.ID, 10), Environment: e.Name, Title: e.Name, Slug: e.Slug}
	var err error
	// What is stopping is still there, and may be started again.
	item.Closed, err = forge.IsOver(e.State, []string{"available", "stopping"}, []string{"stopped"})
	return item, err
}

// deployed adds what was last deployed to each environment. One to which
// nothing was deployed has no commit.
func (g *Project) deployed(ctx context.Context, items []forge.Item) ([]forge.Item, error) {
	for n, item := range items {
		if item.Closed {
			continue
		}
		deployments, _, err := g.client.Deployments.ListProjectDeployments(g.path, &gitlab.ListProjectDeploymentsOptions{
			Environment: &item.Environment, OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("desc"),
			ListOptions: pageAt(""),
		}, gitlab.WithContext(ctx))
		if err == nil {
			err = forge.Listed(deployments)
		}
		if err != nil {
			return nil, forge.InPart("the deployments of environment "+item.ID, err)
		}
		items[n] = deployment(item, deployments)
	}
	return items, nil
}

// deployment takes the newest deployment that runs or has succeeded.
func deployment(item forge.Item, deployments []*gitlab.Deployment) forge.Item {
	for _, d := range deployments {
		if d.Status != "running" && d.Status != "success" {
			continue
		}
		item.SHA, item.Branch, item.UpdatedAt = d.SHA, d.Ref, forge.Value(d.UpdatedAt)
		if d.User != nil {
			item.Author = d.User.Username
		}
		return item
	}
	return item
}
