package source

import (
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
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

// Type says what a value of spec.type watches, and what its forge tells of it.
type Type struct {
	Watches Thing
	Tells   Tells

	open func(Config) (Source, error)
}

// IsOfForge reports whether the type watches a repository of a forge, of which
// some things have labels.
func (t Type) IsOfForge() bool { return t.Watches != ArtifactTag && t.Watches != External }

// Tells says which fields of an Item a type fills. What a forge does not tell is
// zero in every item, and no filter can ask for it.
type Tells struct {
	Labels, Drafts, Forks, Updated, TargetBranch, Author bool
	// Files says that the source is a FileLister.
	Files bool
}

// registry holds all types. A new forge is a few lines here, and a file beside
// this one.
func registry() map[string]Type {
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
	return map[string]Type{
		v1.InputProviderAWSCodeCommitBranch:      {Branch, Tells{}, in(openCodeCommit, (*codeCommit).branches)},
		v1.InputProviderAWSCodeCommitPullRequest: {Request, plain, in(openCodeCommit, (*codeCommit).requests)},
		v1.InputProviderAWSCodeCommitTag:         {Tag, Tells{}, in(openCodeCommit, (*codeCommit).tags)},
		v1.InputProviderAzureDevOpsBranch:        {Branch, Tells{}, in(openAzureDevOps, (*azureRepository).branches)},
		v1.InputProviderAzureDevOpsPullRequest:   {Request, undated, in(openAzureDevOps, (*azureRepository).requests)},
		v1.InputProviderAzureDevOpsTag:           {Tag, Tells{}, in(openAzureDevOps, (*azureRepository).tags)},
		v1.InputProviderBitbucketBranch:          {Branch, Tells{}, in(openBitbucket, bitbucket.branches)},
		v1.InputProviderBitbucketPullRequest:     {Request, unlabelled, in(openBitbucket, bitbucket.requests)},
		v1.InputProviderBitbucketTag:             {Tag, Tells{}, in(openBitbucket, bitbucket.tags)},
		v1.InputProviderGiteaBranch:              {Branch, Tells{}, in(openGitea, (*giteaRepository).branches)},
		v1.InputProviderGiteaPullRequest:         {Request, everything, in(openGitea, (*giteaRepository).requests)},
		v1.InputProviderGiteaTag:                 {Tag, Tells{}, in(openGitea, (*giteaRepository).tags)},
		v1.InputProviderGitHubBranch:             {Branch, Tells{}, in(openGitHub, (*gitHub).branches)},
		v1.InputProviderGitHubPullRequest:        {Request, everything, in(openGitHub, (*gitHub).requests)},
		v1.InputProviderGitHubTag:                {Tag, Tells{}, in(openGitHub, (*gitHub).tags)},
		v1.InputProviderGitLabBranch:             {Branch, Tells{}, in(openGitLab, (*gitLabProject).branches)},
		v1.InputProviderGitLabEnvironment:        {Environment, Tells{Author: true, Updated: true}, in(openGitLab, (*gitLabProject).environments)},
		v1.InputProviderGitLabMergeRequest:       {Request, everything, in(openGitLab, (*gitLabProject).requests)},
		v1.InputProviderGitLabTag:                {Tag, Tells{}, in(openGitLab, (*gitLabProject).tags)},

		v1.InputProviderACRArtifactTag: {ArtifactTag, Tells{}, newOCI},
		v1.InputProviderECRArtifactTag: {ArtifactTag, Tells{}, newOCI},
		v1.InputProviderGARArtifactTag: {ArtifactTag, Tells{}, newOCI},
		v1.InputProviderOCIArtifactTag: {ArtifactTag, Tells{}, newOCI},

		v1.InputProviderExternalArtifact: {External, Tells{}, newExternalArtifact},
		v1.InputProviderExternalService:  {External, Tells{}, newExternalService},
	}
}

// in opens a repository, and watches one kind of thing in it.
func in[R any](open func(Config) (R, error), watch func(R) *collection) func(Config) (Source, error) {
	return func(config Config) (Source, error) {
		repository, err := open(config)
		if err != nil {
			return nil, err
		}
		watched := watch(repository)
		watched.bounds = config.Bounds
		return watched, nil
	}
}

// TypeOf returns what is known of a type, or ErrUnsupported.
func TypeOf(name string) (Type, error) {
	found, known := registry()[name]
	if !known {
		return Type{}, fmt.Errorf("%s: %w", name, ErrUnsupported)
	}
	return found, nil
}

// New opens a repository. Nothing is asked yet. The error is ErrUnsupported for
// a type that is not known, or says what is wrong with the URL.
func New(config Config) (Source, error) {
	found, err := TypeOf(config.Type)
	if err != nil {
		return nil, err
	}
	if config.isIdentity() {
		if err := CheckIdentity(config); err != nil {
			return nil, err
		}
	}
	return found.open(config)
}

// Static is the one item of a provider that watches nothing. Its id is the
// checksum of a name that tells the provider from others.
func Static(name string) Item { return Item{ID: identity.Checksum(name)} }
