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

// Dashboards is a Repository whose environments show what runs for them in a cluster.
type Dashboards interface {
	// Show lets the environment of a deployment show what runs there.
	Show(ctx context.Context, deployment Deployment, workload Workload) error
}

// Workload is where something runs.
type Workload struct {
	// Agent is the number of what connects the cluster with the forge.
	Agent     int64
	Namespace string
	// Path leads to what of Flux deploys it, in the API of Kubernetes:
	// GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME. It is empty where nothing does.
	Path string
}

// Deployment is a commit that runs somewhere.
type Deployment struct {
	Request     string
	SHA, Branch string
	// Fork says that the branch is one of another repository.
	Fork        bool
	Environment string
	// Retention says what becomes of the environment once the deployment is over.
	Retention Retention
	// Name tells it from those of other previews of the commit, and Marker from what
	// others have deployed.
	Name, Marker string
	State        State
	Description  string
	// URL is where it answers, and Page where more is said of it.
	URL, Page string
}

// Retention says what becomes of an environment that is over.
type Retention int

// It stays, and says that it is over, or is deleted.
const (
	Kept Retention = iota
	Deleted
)
