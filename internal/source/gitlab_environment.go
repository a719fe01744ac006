package source

import (
	"context"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// environments watches the deployment environments that are not stopped.
//
// https://docs.gitlab.com/api/environments/
// https://docs.gitlab.com/api/deployments/
func (g *gitLabProject) environments() *collection {
	return &collection{
		one: "environment", many: "available environments", repository: g.url,
		page: g.environmentsPage, find: g.environment, visible: g.visible, complete: g.deployed,
	}
}

func (g *gitLabProject) environmentsPage(ctx context.Context, _ Query, at string) (page, error) {
	options := &gitlab.ListEnvironmentsOptions{ListOptions: gitLabAt(at), States: gitlab.Ptr("available")}
	environments, resp, err := g.client.Environments.ListEnvironments(g.path, options, gitlab.WithContext(ctx))
	return gitLabPage(environments, resp, err, gitLabEnvironment)
}

func (g *gitLabProject) environment(ctx context.Context, key string) (Item, error) {
	n, err := number(key)
	if err != nil {
		return Item{}, err
	}
	environment, _, err := g.client.Environments.GetEnvironment(g.path, n, gitlab.WithContext(ctx))
	if err != nil {
		return Item{}, err
	}
	return gitLabEnvironment(environment)
}

func gitLabEnvironment(e *gitlab.Environment) (Item, error) {
	item := Item{ID: strconv.FormatInt(e.ID, 10), Environment: e.Name, Title: e.Name, Slug: e.Slug}
	var err error
	// What is stopping is still there, and may be started again.
	item.Closed, err = isOver(e.State, []string{"available", "stopping"}, []string{"stopped"})
	return item, err
}

// deployed adds what was last deployed to each environment. One to which
// nothing was deployed has no commit.
func (g *gitLabProject) deployed(ctx context.Context, items []Item) ([]Item, error) {
	for n, item := range items {
		if item.Closed {
			continue
		}
		deployments, _, err := g.client.Deployments.ListProjectDeployments(g.path, &gitlab.ListProjectDeploymentsOptions{
			Environment: &item.Environment, OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("desc"),
			ListOptions: gitLabAt(""),
		}, gitlab.WithContext(ctx))
		if err == nil && deployments == nil {
			err = errNotAList
		}
		if err != nil {
			return nil, inPart("the deployments of environment "+item.ID, err)
		}
		items[n] = deployment(item, deployments)
	}
	return items, nil
}

// deployment takes the newest deployment that runs or has succeeded.
func deployment(item Item, deployments []*gitlab.Deployment) Item {
	for _, d := range deployments {
		if d.Status != "running" && d.Status != "success" {
			continue
		}
		item.SHA, item.Branch, item.UpdatedAt = d.SHA, d.Ref, value(d.UpdatedAt)
		if d.User != nil {
			item.Author = d.User.Username
		}
		return item
	}
	return item
}
