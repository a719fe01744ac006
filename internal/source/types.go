package source

import (
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/azuredevops"
	"github.com/eddy-previews/eddy/internal/forge/bitbucket"
	"github.com/eddy-previews/eddy/internal/forge/codecommit"
	"github.com/eddy-previews/eddy/internal/forge/gitea"
	"github.com/eddy-previews/eddy/internal/forge/github"
	"github.com/eddy-previews/eddy/internal/forge/gitlab"
)

// Thing is what a type watches.
type Thing string

// What can be watched: in a repository of a forge, and elsewhere.
const (
	Request     Thing = "request"
	Branch      Thing = "branch"
	Tag         Thing = "tag"
	Environment Thing = "environment"

	// ArtifactTag is a tag in a registry.
	ArtifactTag Thing = "tag of an artifact"
	// External is what brings an input set of its own.
	External Thing = "input"
)

// Type says what a value of spec.type watches, and what is told of it.
type Type struct {
	Watches Thing
	Tells   Tells
	// Checks is what is told of what CI says of a commit.
	Checks Checks
	// Apps says that a Secret may hold an app of GitHub's in the place of a token.
	Apps bool
	// Identity is where the identity of an account in a cloud is taken; nil where
	// none is.
	Identity *Identity

	open func(Config) (lister, error)
	// repository opens that of a forge; nil for what is elsewhere.
	repository openRepository
}

// openRepository opens a repository of a forge.
type openRepository = func(forge.Config) (forge.Repository, error)

// IsOfForge reports whether the type watches a repository of a forge, of which
// some things have labels.
func (t Type) IsOfForge() bool { return t.Watches != ArtifactTag && t.Watches != External }

// Tells says which fields of an Item a type fills. What a forge does not tell is
// zero in every item, and no filter can ask for it.
type Tells struct {
	Labels, Drafts, Forks, Updated, TargetBranch, Author, Slug bool
	// Files says that the repository is a forge.Files.
	Files bool
}

// Checks says whether a type is a forge.Checks, and whether it is told who says what
// there is.
type Checks struct {
	Told, Apps bool
	// Permission is what a token needs, in the words of the forge.
	Permission string
}

// row is a forge: its folder, the values of spec.type, and what it tells.
type row struct {
	open                           openRepository
	requests, branches, tags, envs string
	tells                          Tells  // of a request
	checks                         Checks // of a request and of a branch
	apps                           bool
	identity                       *Identity
}

// forges are all forges, a row each. A new one is its folder and its row.
func forges() []row {
	everything := Tells{Labels: true, Drafts: true, Forks: true, Updated: true, TargetBranch: true, Author: true, Files: true}
	// A listing of Azure DevOps has no time but that of the creation; when a
	// request was pushed to is told one by one, and when it was talked about,
	// nowhere.
	undated := everything
	undated.Updated = false
	// Bitbucket has no labels.
	unlabelled := everything
	unlabelled.Labels = false
	// CodeCommit has neither labels, nor drafts, nor forks.
	plain := Tells{Updated: true, TargetBranch: true, Author: true, Files: true}
	// GitLab writes branches into host names.
	slugs := everything
	slugs.Slug = true
	return []row{
		{
			open: in(codecommit.Open), tells: plain, identity: awsCodeCommit(),
			requests: v1.InputProviderAWSCodeCommitPullRequest, branches: v1.InputProviderAWSCodeCommitBranch, tags: v1.InputProviderAWSCodeCommitTag,
		},
		{
			open: in(azuredevops.Open), tells: undated, checks: Checks{Told: true, Permission: "the scope Code (Read)"}, identity: azureDevOps(),
			requests: v1.InputProviderAzureDevOpsPullRequest, branches: v1.InputProviderAzureDevOpsBranch, tags: v1.InputProviderAzureDevOpsTag,
		},
		{
			open: bitbucket.Open, tells: unlabelled, checks: Checks{Told: true, Permission: "repository:read in the cloud, and Repository read on a Data Center"},
			requests: v1.InputProviderBitbucketPullRequest, branches: v1.InputProviderBitbucketBranch, tags: v1.InputProviderBitbucketTag,
		},
		{
			open: in(gitea.Open), tells: everything, checks: Checks{Told: true, Apps: true, Permission: "the scope read:repository"},
			requests: v1.InputProviderGiteaPullRequest, branches: v1.InputProviderGiteaBranch, tags: v1.InputProviderGiteaTag,
		},
		{
			open: in(github.Open), tells: everything, apps: true,
			checks:   Checks{Told: true, Apps: true, Permission: "Checks: Read-only, and Commit statuses: Read-only (classic tokens: repo)"},
			requests: v1.InputProviderGitHubPullRequest, branches: v1.InputProviderGitHubBranch, tags: v1.InputProviderGitHubTag,
		},
		{
			open: in(gitlab.Open), tells: slugs, checks: Checks{Told: true, Apps: true, Permission: "the scope read_api"}, envs: v1.InputProviderGitLabEnvironment,
			requests: v1.InputProviderGitLabMergeRequest, branches: v1.InputProviderGitLabBranch, tags: v1.InputProviderGitLabTag,
		},
	}
}

// types holds all values of spec.type.
func types() map[string]Type {
	out := map[string]Type{
		v1.InputProviderACRArtifactTag: {Watches: ArtifactTag, Identity: azureRegistry(), open: newArtifactTags},
		v1.InputProviderECRArtifactTag: {Watches: ArtifactTag, Identity: awsRegistry(), open: newArtifactTags},
		v1.InputProviderGARArtifactTag: {Watches: ArtifactTag, Identity: googleRegistry(), open: newArtifactTags},
		v1.InputProviderOCIArtifactTag: {Watches: ArtifactTag, open: newArtifactTags},

		v1.InputProviderExternalArtifact: {Watches: External, open: newExternalArtifact},
		v1.InputProviderExternalService:  {Watches: External, open: newService},
	}
	for _, forge := range forges() {
		out[forge.requests] = forge.watches(Request, forge.tells)
		out[forge.branches] = forge.watches(Branch, Tells{})
		out[forge.tags] = forge.watches(Tag, Tells{})
		if forge.envs != "" {
			out[forge.envs] = forge.watches(Environment, Tells{Author: true, Updated: true, Slug: true})
		}
	}
	return out
}

// watches is the type of one kind of thing in a repository of the forge.
func (r row) watches(thing Thing, tells Tells) Type {
	checks := r.checks
	if thing != Request && thing != Branch {
		checks = Checks{}
	}
	return Type{Watches: thing, Tells: tells, Checks: checks, Apps: r.apps, Identity: r.identity, repository: r.open, open: func(config Config) (lister, error) {
		repository, err := r.open(config.forge())
		if err != nil {
			return nil, err
		}
		return thingsOf(repository, thing)
	}}
}

// thingsOf watches one kind of thing in a repository.
func thingsOf(repository forge.Repository, thing Thing) (lister, error) {
	switch thing {
	case Branch:
		return commits{repository.Branches(), checks{repository}}, nil
	case Tag:
		return repository.Tags(), nil
	case Environment:
		if deployed, ok := repository.(forge.Environments); ok {
			return deployed.Environments(), nil
		}
	case Request:
		if files, ok := repository.(forge.Files); ok {
			return requests{repository.Requests(), checks{repository}, files}, nil
		}
		return commits{repository.Requests(), checks{repository}}, nil
	case ArtifactTag, External: // are in no repository of a forge
	}
	return nil, fmt.Errorf("a %s of %T: %w", thing, repository, ErrUnsupported)
}

// in makes a function that opens a repository of one forge one of any forge.
func in[R forge.Repository](open func(forge.Config) (R, error)) openRepository {
	return func(config forge.Config) (forge.Repository, error) {
		opened, err := open(config)
		if err != nil {
			return nil, err
		}
		return opened, nil
	}
}

// TypeOf returns what is known of a type, or ErrUnsupported.
func TypeOf(name string) (Type, error) {
	found, known := types()[name]
	if !known {
		return Type{}, fmt.Errorf("%s: %w", name, ErrUnsupported)
	}
	return found, nil
}
