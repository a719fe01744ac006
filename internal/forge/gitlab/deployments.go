package gitlab

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Environment implements forge.Deployments: one of its own for each preview, as GitLab
// calls those of its CI.
func (g *Project) Environment(service, request string) string {
	return "review/" + service + "-" + request
}

// Replaces implements forge.Deployments: the newest of an environment counts.
func (g *Project) Replaces() bool { return false }

// Deploy implements forge.Deployments. The environment is made by it, where there is
// none.
//
// https://docs.gitlab.com/api/deployments/#create-a-deployment
func (g *Project) Deploy(ctx context.Context, d forge.Deployment) (string, error) {
	id, err := g.deploy(ctx, d)
	return id, g.place.Told("telling of the deployment of", d.Request, err)
}

func (g *Project) deploy(ctx context.Context, d forge.Deployment) (string, error) {
	known, _, err := g.client.Deployments.ListProjectDeployments(g.path, &gitlab.ListProjectDeploymentsOptions{
		Environment: &d.Environment, OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("desc"), ListOptions: pageAt(""),
	}, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	if len(known) > 0 && known[0].SHA == d.SHA {
		return strconv.FormatInt(known[0].ID, 10), nil
	}
	made, _, err := g.client.Deployments.CreateProjectDeployment(g.path, &gitlab.CreateProjectDeploymentOptions{
		Environment: &d.Environment, Ref: gitlab.Ptr(cmp.Or(d.Branch, d.SHA)), SHA: &d.SHA, Tag: gitlab.Ptr(false), Status: gitlab.Ptr(gitlab.DeploymentStatusRunning),
	}, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(made.ID, 10), forge.Exists(made.ID)
}

// Deployed implements forge.Deployments. What is over stops its environment, and runs
// no job for that.
//
// https://docs.gitlab.com/api/deployments/#update-a-deployment
// https://docs.gitlab.com/api/environments/#update-an-existing-environment
// https://docs.gitlab.com/api/environments/#stop-an-environment
func (g *Project) Deployed(ctx context.Context, id string, d forge.Deployment) error {
	return g.place.Told("telling what became of the deployment of", d.Request, g.becomes(ctx, id, d))
}

func (g *Project) becomes(ctx context.Context, id string, d forge.Deployment) error {
	if d.State == forge.Over {
		return g.stop(ctx, d.Environment)
	}
	n, err := forge.Number(id)
	if err != nil {
		return err
	}
	state, err := d.State.In(map[forge.State]string{forge.Pending: "running", forge.Success: "success", forge.Failure: "failed"})
	if err != nil {
		return err
	}
	if d.URL != "" {
		if err := g.lead(ctx, d); err != nil {
			return err
		}
	}
	_, _, err = g.client.Deployments.UpdateProjectDeployment(g.path, n, &gitlab.UpdateProjectDeploymentOptions{
		Status: gitlab.Ptr(gitlab.DeploymentStatusValue(state)),
	}, gitlab.WithContext(ctx))
	return err
}

// lead lets an environment lead to where the preview answers.
func (g *Project) lead(ctx context.Context, d forge.Deployment) error {
	found, err := g.named(ctx, d.Environment)
	if err != nil {
		return err
	}
	if found.ExternalURL == d.URL {
		return nil
	}
	_, _, err = g.client.Environments.EditEnvironment(g.path, found.ID, &gitlab.EditEnvironmentOptions{ExternalURL: &d.URL}, gitlab.WithContext(ctx))
	return err
}

func (g *Project) stop(ctx context.Context, environment string) error {
	found, err := g.named(ctx, environment)
	if err != nil {
		return err
	}
	if strings.HasPrefix(found.State, "stop") {
		return nil
	}
	_, _, err = g.client.Environments.StopEnvironment(g.path, found.ID, &gitlab.StopEnvironmentOptions{Force: gitlab.Ptr(true)}, gitlab.WithContext(ctx))
	return err
}

// named finds an environment by its name.
func (g *Project) named(ctx context.Context, name string) (*gitlab.Environment, error) {
	found, _, err := g.client.Environments.ListEnvironments(g.path, &gitlab.ListEnvironmentsOptions{Name: &name}, gitlab.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		if one.Name == name {
			return one, nil
		}
	}
	return nil, &transport.Error{What: "there is no such environment", Kind: transport.ErrNotFound}
}
