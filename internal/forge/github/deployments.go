package github

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Environment implements forge.Deployments: one that all previews share. One for each
// request would litter the repository, and to delete it takes an administrator.
func (g *Repository) Environment(_, _ string) string { return "preview" }

// Replaces implements forge.Deployments: GitHub leaves those alone that are transient.
func (g *Repository) Replaces() bool { return true }

// payload tells one's own deployments from those of others.
type payload struct {
	Eddy    string `json:"eddy"`
	Request string `json:"pr"`
	Name    string `json:"name"`
}

// Deploy implements forge.Deployments. It is for a commit and not for a branch, which
// of a fork would not be found. What is left out would wait for all checks of the
// commit, merge the base into the branch, and take the deployments of other requests
// for replaced.
//
// https://docs.github.com/en/rest/deployments/deployments#create-a-deployment
func (g *Repository) Deploy(ctx context.Context, d forge.Deployment) (string, error) {
	id, err := g.deploy(ctx, d)
	return id, g.place.Told("telling of the deployment of", d.Request, err)
}

func (g *Repository) deploy(ctx context.Context, d forge.Deployment) (string, error) {
	ours := payload{Eddy: d.Marker, Request: d.Request, Name: d.Name}
	known, _, err := g.client.Repositories.ListDeployments(ctx, g.owner, g.name, &github.DeploymentsListOptions{
		SHA: d.SHA, Environment: d.Environment, ListOptions: github.ListOptions{PerPage: transport.PageSize},
	})
	if err == nil {
		err = forge.Listed(known)
	}
	if err != nil {
		return "", err
	}
	for _, one := range known {
		var said payload
		if json.Unmarshal(one.Payload, &said) == nil && said == ours {
			return strconv.FormatInt(one.GetID(), 10), nil
		}
	}
	made, _, err := g.client.Repositories.CreateDeployment(ctx, g.owner, g.name, &github.DeploymentRequest{
		Ref: &d.SHA, Environment: &d.Environment, Description: github.Ptr(forge.Cut(d.Description, maxDescription)), Payload: ours,
		AutoMerge: github.Ptr(false), RequiredContexts: &[]string{},
		TransientEnvironment: github.Ptr(true), ProductionEnvironment: github.Ptr(false),
	})
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(made.GetID(), 10), forge.Exists(made.GetID())
}

// Deployed implements forge.Deployments.
//
// https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status
func (g *Repository) Deployed(ctx context.Context, id string, d forge.Deployment) error {
	return g.place.Told("telling what became of the deployment of", d.Request, g.deployed(ctx, id, d))
}

func (g *Repository) deployed(ctx context.Context, id string, d forge.Deployment) error {
	n, err := forge.Number(id)
	if err != nil {
		return err
	}
	state, err := d.State.In(map[forge.State]string{
		forge.Pending: "in_progress", forge.Success: "success", forge.Failure: "failure", forge.Over: "inactive",
	})
	if err != nil {
		return err
	}
	request := &github.DeploymentStatusRequest{
		State: &state, Description: github.Ptr(forge.Cut(d.Description, maxDescription)), AutoInactive: github.Ptr(false),
		Environment: &d.Environment,
	}
	if d.URL != "" {
		request.EnvironmentURL = &d.URL
	}
	if d.Page != "" {
		request.LogURL = &d.Page
	}
	_, _, err = g.client.Repositories.CreateDeploymentStatus(ctx, g.owner, g.name, n, request)
	return err
}
