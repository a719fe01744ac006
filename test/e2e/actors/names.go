package actors

import (
	"slices"
	"strconv"
)

// The names of the seed, as they stand in the examples.
const (
	Namespace     = "app-dev"
	FluxNamespace = "flux-system"
	Provider      = "api-prs"
	ResourceSet   = "api-pr-envs"
	SharedInfra   = "app-common-dev"
	ReadyLabel    = "build/image-ready"

	// kustomizations is what the names of the previews' Kustomizations begin with.
	kustomizations = "api-pr-"

	image    = "registry.example.com/api"
	owner    = "acme"
	appRepo  = "api"
	fleetGit = "fleet"
	secret   = "gitea-auth"
)

// PullRequest is one at the forge, as last seen.
type PullRequest struct {
	Number int
	Title  string
	Branch string
	// SHA is the head commit.
	SHA string
	// URL is the web page.
	URL    string
	Open   bool
	Labels []string
}

// ID is the number as text: the input's id.
func (p PullRequest) ID() string { return strconv.Itoa(p.Number) }

// Name of one of the preview's objects, api-deployment-7.
func (p PullRequest) Name(base string) string { return base + "-" + p.ID() }

// Kustomization is the name of the preview's Flux Kustomization.
func (p PullRequest) Kustomization() string { return kustomizations + p.ID() }

// Label is the value of pr-env on everything of the preview.
func (p PullRequest) Label() string { return "pr-" + p.ID() }

// Image that CI builds for it.
func (p PullRequest) Image() string { return image + ":pr-" + p.ID() }

// Host of the preview.
func (p PullRequest) Host() string { return "api-" + p.ID() + ".preview.example.com" }

// PublicURL is where its users find it.
func (p PullRequest) PublicURL() string { return "https://" + p.Host() }

// Ready reports whether CI has set its label.
func (p PullRequest) Ready() bool { return slices.Contains(p.Labels, ReadyLabel) }
