package forge

import "context"

// Deployments is a Repository that knows what is deployed where.
type Deployments interface {
	// Deploy tells of a deployment that was begun, and returns its id. One that was
	// told of before is the same one.
	Deploy(ctx context.Context, deployment Deployment) (id string, err error)
	// Deployed says what became of one.
	Deployed(ctx context.Context, id string, deployment Deployment) error
	// Replaces reports whether an older deployment has to be told that it is over once
	// there is another one.
	Replaces() bool
	// Environment is where a preview is deployed to, if nobody says otherwise.
	Environment(service, request string) string
}

// Deployment is a commit that runs somewhere.
type Deployment struct {
	Request     string
	SHA, Branch string
	Environment string
	// Name tells it from those of other previews of the commit, and Marker from what
	// others have deployed.
	Name, Marker string
	State        State
	Description  string
	// URL is where it answers, and Page where more is said of it.
	URL, Page string
}
