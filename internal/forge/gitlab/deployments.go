package gitlab

import (
	"cmp"
	"context"
	"errors"
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
	return id, g.told(ctx, "telling of the deployment of", d.Request, err)
}

func (g *Project) deploy(ctx context.Context, d forge.Deployment) (string, error) {
	known, _, err := g.client.Deployments.ListProjectDeployments(g.path, &gitlab.ListProjectDeploymentsOptions{
		Environment: &d.Environment, OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("desc"), ListOptions: pageAt(""),
	}, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	if len(known) > 0 && known[0].SHA == d.SHA {
		still, err := g.stands(ctx, d.Environment, known[0])
		if err != nil || still {
			return strconv.FormatInt(known[0].ID, 10), err
		}
	}
	made, _, err := g.client.Deployments.CreateProjectDeployment(g.path, &gitlab.CreateProjectDeploymentOptions{
		Environment: &d.Environment, Ref: gitlab.Ptr(refOf(d)), SHA: &d.SHA, Tag: gitlab.Ptr(false), Status: gitlab.Ptr(gitlab.DeploymentStatusRunning),
	}, gitlab.WithContext(ctx))
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(made.ID, 10), forge.Exists(made.ID)
}

// stands reports whether a deployment is that of an environment which is not over. One
// that was stopped starts with another deployment, and with that alone.
func (g *Project) stands(ctx context.Context, environment string, last *gitlab.Deployment) (bool, error) {
	if last.Status == begun {
		return true, nil
	}
	found, err := g.named(ctx, environment)
	return found == nil || !strings.HasPrefix(found.State, "stop"), err
}

// refOf is what a deployment was made of. The branch of a fork is in another project.
func refOf(d forge.Deployment) string {
	if d.Fork {
		return "refs/merge-requests/" + d.Request + "/head"
	}
	return cmp.Or(d.Branch, d.SHA)
}

// begun is the status in which a deployment begins. None comes to it again.
const begun = string(gitlab.DeploymentStatusRunning)

// Deployed implements forge.Deployments. What is over stops its environment, and runs
// no job for that. What is said already is not said again, which GitLab refuses.
//
// https://docs.gitlab.com/api/deployments/#get-a-specific-deployment
// https://docs.gitlab.com/api/deployments/#update-a-deployment
// https://docs.gitlab.com/api/environments/#update-an-existing-environment
// https://docs.gitlab.com/api/environments/#stop-an-environment
// https://docs.gitlab.com/api/environments/#delete-an-environment
func (g *Project) Deployed(ctx context.Context, id string, d forge.Deployment) error {
	return g.told(ctx, "telling what became of the deployment of", d.Request, g.becomes(ctx, id, d))
}

func (g *Project) becomes(ctx context.Context, id string, d forge.Deployment) error {
	if d.State == forge.Over {
		return g.end(ctx, d)
	}
	n, err := forge.Number(id)
	if err != nil {
		return err
	}
	state, err := d.State.In(map[forge.State]string{forge.Pending: begun, forge.Success: "success", forge.Failure: "failed"})
	if err != nil || state == begun {
		return err
	}
	if d.URL != "" {
		if err := g.lead(ctx, d); err != nil {
			return err
		}
	}
	is, _, err := g.client.Deployments.GetProjectDeployment(g.path, n, gitlab.WithContext(ctx))
	if err != nil || is.Status == state {
		return err
	}
	_, _, err = g.client.Deployments.UpdateProjectDeployment(g.path, n, &gitlab.UpdateProjectDeploymentOptions{
		Status: gitlab.Ptr(gitlab.DeploymentStatusValue(state)),
	}, gitlab.WithContext(ctx))
	return err
}

// lead lets an environment lead to where the preview answers.
func (g *Project) lead(ctx context.Context, d forge.Deployment) error {
	found, err := g.theOne(ctx, d.Environment)
	if err != nil || found.ExternalURL == d.URL {
		return err
	}
	_, _, err = g.client.Environments.EditEnvironment(g.path, found.ID, &gitlab.EditEnvironmentOptions{ExternalURL: &d.URL}, gitlab.WithContext(ctx))
	return err
}

// Show implements forge.Dashboards.
//
// https://docs.gitlab.com/api/environments/#update-an-existing-environment
// https://docs.gitlab.com/ci/environments/kubernetes_dashboard/
func (g *Project) Show(ctx context.Context, d forge.Deployment, w forge.Workload) error {
	return g.told(ctx, "showing what runs in the environment of", d.Request, g.show(ctx, d, w))
}

func (g *Project) show(ctx context.Context, d forge.Deployment, w forge.Workload) error {
	found, err := g.theOne(ctx, d.Environment)
	if err != nil {
		return err
	}
	// Who may not see the agent is not told of it.
	isSame := found.ClusterAgent == nil && found.KubernetesNamespace != "" || found.ClusterAgent != nil && found.ClusterAgent.ID == w.Agent
	if isSame && found.KubernetesNamespace == w.Namespace && found.FluxResourcePath == w.Path {
		return nil
	}
	options := &gitlab.EditEnvironmentOptions{ClusterAgentID: &w.Agent, KubernetesNamespace: &w.Namespace}
	if w.Path != "" {
		options.FluxResourcePath = &w.Path
	}
	_, _, err = g.client.Environments.EditEnvironment(g.path, found.ID, options, gitlab.WithContext(ctx))
	return err
}

// end stops the environment of what is over, and deletes it where it is not to stay.
// One that somebody has deleted is over.
func (g *Project) end(ctx context.Context, d forge.Deployment) error {
	found, err := g.named(ctx, d.Environment)
	if err != nil || found == nil {
		return err
	}
	if found.State != stopped && (d.Retention == forge.Deleted || found.State != "stopping") {
		_, _, err = g.client.Environments.StopEnvironment(g.path, found.ID, &gitlab.StopEnvironmentOptions{Force: gitlab.Ptr(true)}, gitlab.WithContext(ctx))
	}
	if err != nil || d.Retention != forge.Deleted {
		return err
	}
	_, err = g.client.Environments.DeleteEnvironment(g.path, found.ID, gitlab.WithContext(ctx))
	if errors.Is(err, transport.ErrNotFound) { // somebody was faster
		return nil
	}
	return err
}

// stopped is the state of an environment that may be deleted.
const stopped = "stopped"

// theOne finds an environment that is there.
func (g *Project) theOne(ctx context.Context, name string) (*gitlab.Environment, error) {
	found, err := g.named(ctx, name)
	if err == nil && found == nil {
		err = &transport.Error{What: "there is no such environment", Kind: transport.ErrNotFound}
	}
	return found, err
}

// named finds an environment by its name; nil where there is none.
func (g *Project) named(ctx context.Context, name string) (*gitlab.Environment, error) {
	found, _, err := g.client.Environments.ListEnvironments(g.path, &gitlab.ListEnvironmentsOptions{Name: &name}, gitlab.WithContext(ctx))
	if err == nil {
		err = forge.Listed(found)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		if one.Name == name {
			return one, nil
		}
	}
	return nil, nil
}
