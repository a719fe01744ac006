package v1_test

import (
	"context"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// rule is a validation rule: a spec that it lets pass, one that it refuses,
// and the words with which it does.
type rule struct {
	name    string
	passes  string
	refuses string
	message string
}

var providerRules = []rule{
	{
		name:    "a static provider has no URL",
		passes:  `{type: Static}`,
		refuses: `{type: Static, url: "https://example.com"}`,
		message: "spec.url must be empty when spec.type is 'Static'",
	},
	{
		name:    "an external artifact has no URL",
		passes:  `{type: ExternalArtifact, selectors: [{name: a}]}`,
		refuses: `{type: ExternalArtifact, selectors: [{name: a}], url: "https://example.com"}`,
		message: "spec.url must be empty when spec.type is 'ExternalArtifact'",
	},
	{
		name:    "all others have a URL",
		passes:  `{type: AzureDevOpsPullRequest, url: "https://dev.azure.com/org/project/_git/api"}`,
		refuses: `{type: OCIArtifactTag}`,
		message: "spec.url must not be empty when spec.type is not 'Static' or 'ExternalArtifact'",
	},
	{
		name:    "a Git provider's URL is HTTP",
		passes:  `{type: GiteaPullRequest, url: "http://gitea.example.com/acme/api"}`,
		refuses: `{type: GiteaPullRequest, url: "oci://gitea.example.com/acme/api"}`,
		message: "spec.url must start with 'http://' or 'https://' when spec.type is a Git provider",
	},
	{
		name:    "an Azure DevOps provider's URL is HTTP",
		passes:  `{type: AzureDevOpsBranch, url: "https://dev.azure.com/org/project/_git/api"}`,
		refuses: `{type: AzureDevOpsBranch, url: "oci://dev.azure.com/org/project/_git/api"}`,
		message: "spec.url must start with 'http://' or 'https://' when spec.type is an AzureDevOps provider",
	},
	{
		name:    "a Bitbucket provider's URL is HTTP",
		passes:  `{type: BitbucketPullRequest, url: "https://bitbucket.org/acme/api", secretRef: {name: auth}, certSecretRef: {name: ca}}`,
		refuses: `{type: BitbucketTag, url: "oci://bitbucket.org/acme/api"}`,
		message: "spec.url must start with 'http://' or 'https://' when spec.type is a Bitbucket provider",
	},
	{
		name:    "a Bitbucket provider has no workload identity",
		passes:  `{type: BitbucketBranch, url: "https://bitbucket.example.com/projects/SHOP/repos/api"}`,
		refuses: `{type: BitbucketBranch, url: "https://bitbucket.org/acme/api", serviceAccountName: reader}`,
		message: "cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact",
	},
	{
		name:    "a CodeCommit provider's URL is HTTPS",
		passes:  `{type: AWSCodeCommitTag, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api"}`,
		refuses: `{type: AWSCodeCommitTag, url: "http://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api"}`,
		message: "spec.url must start with 'https://' when spec.type is a AWSCodeCommit provider",
	},
	{
		name:    "a registry's URL is OCI",
		passes:  `{type: OCIArtifactTag, url: "oci://registry.example.com/api"}`,
		refuses: `{type: OCIArtifactTag, url: "https://registry.example.com/api"}`,
		message: "spec.url must start with 'oci://' when spec.type is an OCI provider",
	},
	{
		name:    "a registry's URL names the repository",
		passes:  `{type: GARArtifactTag, url: "oci://registry.example.com/team/api"}`,
		refuses: `{type: GARArtifactTag, url: "oci://registry.example.com"}`,
		message: "spec.url must include the repository path after the registry host when spec.type is an OCI provider",
	},
	{
		name:    "an external service's URL is HTTP",
		passes:  `{type: ExternalService, url: "https://example.com"}`,
		refuses: `{type: ExternalService, url: "oci://example.com"}`,
		message: "spec.url must start with 'http://' or 'https://' when spec.type is 'ExternalService'",
	},
	{
		name:    "only a service and a registry may be insecure",
		passes:  `{type: OCIArtifactTag, url: "oci://registry.example.com/api", insecure: true}`,
		refuses: `{type: GitHubBranch, url: "https://github.com/acme/api", insecure: true}`,
		message: "spec.insecure can only be set when spec.type is 'ExternalService' or 'OCIArtifactTag'",
	},
	{
		name:    "a service over plain HTTP says that it is insecure",
		passes:  `{type: ExternalService, url: "http://example.com", insecure: true}`,
		refuses: `{type: ExternalService, url: "http://example.com"}`,
		message: "spec.url must use 'https://' unless spec.insecure is true",
	},
	{
		name:    "a service account is for clouds, registries and artifacts",
		passes:  `{type: ECRArtifactTag, url: "oci://registry.example.com/api", serviceAccountName: reader}`,
		refuses: `{type: GitLabTag, url: "https://gitlab.com/acme/api", serviceAccountName: reader}`,
		message: "cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact",
	},
	{
		name:    "the identity of an account goes to the service of its cloud alone",
		passes:  `{type: AzureDevOpsTag, url: "https://acme.visualstudio.com/project/_git/api", serviceAccountName: reader}`,
		refuses: `{type: AzureDevOpsTag, url: "http://dev.azure.com/org/project/_git/api", serviceAccountName: reader}`,
		message: "spec.url must be on https://dev.azure.com or https://*.visualstudio.com when spec.serviceAccountName is set and spec.secretRef is not: the identity of an account goes nowhere else",
	},
	{
		name:    "an Azure DevOps server of one's own is asked with a Secret",
		passes:  `{type: AzureDevOpsTag, url: "https://azure.example.com/c/project/_git/api", serviceAccountName: reader, secretRef: {name: auth}}`,
		refuses: `{type: AzureDevOpsTag, url: "https://dev.azure.com.example.com/o/project/_git/api", serviceAccountName: reader}`,
		message: "spec.url must be on https://dev.azure.com or https://*.visualstudio.com when spec.serviceAccountName is set and spec.secretRef is not: the identity of an account goes nowhere else",
	},
	{
		name:    "certificates are for forges, services and plain registries",
		passes:  `{type: GitLabEnvironment, url: "https://gitlab.example.com/acme/api", certSecretRef: {name: ca}}`,
		refuses: `{type: ACRArtifactTag, url: "oci://registry.example.com/api", certSecretRef: {name: ca}}`,
		message: "cannot specify spec.certSecretRef when spec.type is one of Static, ExternalArtifact, AzureDevOps*, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
	},
	{
		name:    "a secret is for what has no workload identity",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", secretRef: {name: auth}}`,
		refuses: `{type: Static, secretRef: {name: auth}}`,
		message: "cannot specify spec.secretRef when spec.type is one of Static, ExternalArtifact, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag",
	},
	{
		name:    "a proxy is for what is asked over HTTP",
		passes:  `{type: OCIArtifactTag, url: "oci://registry.example.com/api", proxySecretRef: {name: proxy}}`,
		refuses: `{type: ExternalArtifact, selectors: [{name: a}], proxySecretRef: {name: proxy}}`,
		message: "cannot specify spec.proxySecretRef when spec.type is one of Static or ExternalArtifact",
	},
	{
		name:    "external artifacts are selected",
		passes:  `{type: ExternalArtifact, selectors: [{matchLabels: {a: b}}]}`,
		refuses: `{type: ExternalArtifact}`,
		message: "spec.selectors must be set when spec.type is 'ExternalArtifact'",
	},
	{
		name:    "nothing else is selected",
		passes:  `{type: GiteaTag, url: "https://gitea.example.com/acme/api"}`,
		refuses: `{type: Static, selectors: [{name: a}]}`,
		message: "spec.selectors must not be set when spec.type is not 'ExternalArtifact'",
	},
	{
		name:    "a selector has a name or labels",
		passes:  `{type: ExternalArtifact, selectors: [{name: a, namespace: "*"}]}`,
		refuses: `{type: ExternalArtifact, selectors: [{name: a, matchLabels: {a: b}}]}`,
		message: "name is mutually exclusive with matchLabels and matchExpressions",
	},
	{
		name:    "the type is one of those known",
		passes:  `{type: GitHubTag, url: "https://github.com/acme/api"}`,
		refuses: `{type: SubversionBranch, url: "https://example.com"}`,
		message: "Unsupported value",
	},
	{
		name:    "the limit has a bound",
		passes:  `{type: GitHubTag, url: "https://github.com/acme/api", filter: {limit: 10000}}`,
		refuses: `{type: GitHubTag, url: "https://github.com/acme/api", filter: {limit: 10001}}`,
		message: "should be less than or equal to 10000",
	},
	{
		name:    "a missing label removes or freezes",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", skip: {labels: ["!a"], whenMissing: Freeze}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", skip: {labels: ["!a"], whenMissing: Ignore}}`,
		message: "Unsupported value",
	},
	{
		name:    "only requests are told",
		passes:  `{type: BitbucketPullRequest, url: "https://bitbucket.org/acme/api", feedback: {}}`,
		refuses: `{type: GitHubBranch, url: "https://github.com/acme/api", feedback: {}}`,
		message: "spec.feedback is for pull requests and merge requests",
	},
	{
		name:    "deployments are told where there are some",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", feedback: {deployment: Enabled}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", feedback: {deployment: Enabled}}`,
		message: "spec.feedback.deployment can be 'Enabled' when spec.type is 'GitHubPullRequest' or 'GitLabMergeRequest'",
	},
	{
		name:    "commits of CodeCommit have no status",
		passes:  `{type: AWSCodeCommitPullRequest, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", feedback: {}}`,
		refuses: `{type: AWSCodeCommitPullRequest, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", feedback: {status: Enabled}}`,
		message: "spec.feedback.status cannot be 'Enabled' when spec.type is 'AWSCodeCommitPullRequest'",
	},
	{
		name:    "CodeCommit is told by an account",
		passes:  `{type: AWSCodeCommitPullRequest, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", serviceAccountName: writer, feedback: {status: Disabled}}`,
		refuses: `{type: AWSCodeCommitPullRequest, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", feedback: {secretRef: {name: a}}}`,
		message: "cannot specify spec.feedback.secretRef when spec.type is 'AWSCodeCommitPullRequest'",
	},
	{
		name:    "an agent of GitLab is for its environments",
		passes:  `{type: GitLabMergeRequest, url: "https://gitlab.com/acme/api", feedback: {deployment: Enabled, gitlabAgentID: 7}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", feedback: {deployment: Enabled, gitlabAgentID: 7}}`,
		message: "spec.feedback.gitlabAgentID can be set when spec.type is 'GitLabMergeRequest' and spec.feedback.deployment is 'Enabled'",
	},
	{
		name:    "an agent of GitLab is for environments that there are",
		passes:  `{type: GitLabMergeRequest, url: "https://gitlab.com/acme/api", feedback: {deployment: Enabled}}`,
		refuses: `{type: GitLabMergeRequest, url: "https://gitlab.com/acme/api", feedback: {gitlabAgentID: 7}}`,
		message: "spec.feedback.gitlabAgentID can be set when spec.type is 'GitLabMergeRequest' and spec.feedback.deployment is 'Enabled'",
	},
	{
		name:    "environments are kept or deleted at GitLab",
		passes:  `{type: GitLabMergeRequest, url: "https://gitlab.com/acme/api", feedback: {deployment: Enabled, environmentRetention: Delete}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", feedback: {deployment: Enabled, environmentRetention: Delete}}`,
		message: "spec.feedback.environmentRetention can be set when spec.type is 'GitLabMergeRequest' and spec.feedback.deployment is 'Enabled'",
	},
	{
		name:    "people are notified by a comment",
		passes:  `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", feedback: {when: [Ready, NotifyFailure]}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", feedback: {comment: Disabled, when: [NotifyFailure]}}`,
		message: "spec.feedback.when cannot have NotifyFailure when spec.feedback.comment is 'Disabled'",
	},
	{
		name:    "only requests come from forks",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", forks: {policy: Approve, by: [Review, Comment, Label], label: safe, approvers: ["@acme/maintainers"]}}`,
		refuses: `{type: GitHubBranch, url: "https://github.com/acme/api", forks: {policy: Approve}}`,
		message: "spec.forks is for pull requests and merge requests",
	},
	{
		name:    "a label that approves has a name",
		passes:  `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", forks: {policy: Approve, by: [Label], label: safe}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", forks: {policy: Approve, by: [Label]}}`,
		message: "spec.forks.label must be set when spec.forks.by has Label",
	},
	{
		name:    "a label approves where it is told who set it",
		passes:  `{type: AzureDevOpsPullRequest, url: "https://dev.azure.com/acme/shop/_git/api", forks: {policy: Approve, by: [Review]}}`,
		refuses: `{type: AzureDevOpsPullRequest, url: "https://dev.azure.com/acme/shop/_git/api", forks: {policy: Approve, by: [Label], label: safe}}`,
		message: "other forges do not tell who set a label, and when",
	},
	{
		name:    "where there are no forks an approval is for everybody",
		passes:  `{type: AWSCodeCommitPullRequest, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", forks: {policy: Approve, appliesTo: Everybody}}`,
		refuses: `{type: AWSCodeCommitPullRequest, url: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", forks: {policy: Approve}}`,
		message: "spec.forks.appliesTo must be Everybody",
	},
	{
		name:    "everybody waits where there is something to wait for",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", forks: {policy: Approve, appliesTo: Everybody, scope: Author, whenRevoked: Remove}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", forks: {policy: Exclude, appliesTo: Everybody}}`,
		message: "spec.forks.appliesTo can be Everybody when spec.forks.policy is Approve",
	},
	{
		name:    "the tag of an image that proves a commit holds it",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {images: [{name: api, repository: ghcr.io/acme/api, tag: "v-<< inputs.sha >>"}, {name: web, repository: ghcr.io/acme/web, tag: "pr-<< inputs.id >>", revision: Label}]}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {images: [{name: api, repository: ghcr.io/acme/api, tag: "pr-<< inputs.id >>"}]}}`,
		message: "a tag without the commit cannot prove the commit: add << inputs.sha >> to it, or set revision: Label",
	},
	{
		name:    "the repository of an image is one",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {images: [{name: api, repository: "registry:5000/api"}]}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {images: [{name: api, repository: "https://ghcr.io/acme/api"}]}}`,
		message: "spec.gate.images[0].repository",
	},
	{
		name:    "a check has a name",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {checks: [{name: "build*", app: github-actions, accept: [success, skipped]}]}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {checks: [{name: "*"}]}}`,
		message: "every check there is cannot be waited for",
	},
	{
		name:    "a check comes to what is known",
		passes:  `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", gate: {checks: [{name: build, accept: [success, neutral, warning]}]}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", gate: {checks: [{name: build, accept: [failure]}]}}`,
		message: "Unsupported value",
	},
	{
		name:    "a check is named once",
		passes:  `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {checks: [{name: build}, {name: scan}]}}`,
		refuses: `{type: GitHubPullRequest, url: "https://github.com/acme/api", gate: {checks: [{name: build, app: a}, {name: build, app: b}]}}`,
		message: "Duplicate value",
	},
	{
		name:    "filters of requests are for requests",
		passes:  `{type: GitLabMergeRequest, url: "https://gitlab.com/acme/api", filter: {includeTargetBranch: main, excludeTargetBranch: x, drafts: Exclude, forks: Exclude, authors: ["!bot"], updatedWithin: 336h, paths: ["api/**"]}}`,
		refuses: `{type: GitLabBranch, url: "https://gitlab.com/acme/api", filter: {drafts: Exclude}}`,
		message: "are for pull requests and merge requests",
	},
	{
		name:    "other types have filters of their own",
		passes:  `{type: OCIArtifactTag, url: "oci://registry.example.com/api", filter: {limit: 3, drafts: Include, forks: Include}}`,
		refuses: `{type: OCIArtifactTag, url: "oci://registry.example.com/api", filter: {paths: ["**"]}}`,
		message: "are for pull requests and merge requests",
	},
	{
		name:    "an environment has somebody who deployed, and a time",
		passes:  `{type: GitLabEnvironment, url: "https://gitlab.com/acme/api", filter: {authors: ["!bot"], updatedWithin: 336h}}`,
		refuses: `{type: GitHubTag, url: "https://github.com/acme/api", filter: {authors: [ada]}}`,
		message: "are for pull requests, merge requests and environments",
	},
	{
		name:    "Azure DevOps does not tell when a request was updated",
		passes:  `{type: AzureDevOpsPullRequest, url: "https://dev.azure.com/org/project/_git/api", filter: {drafts: Exclude}}`,
		refuses: `{type: AzureDevOpsPullRequest, url: "https://dev.azure.com/org/project/_git/api", filter: {updatedWithin: 24h}}`,
		message: "which does not tell when a request was updated",
	},
	{
		name:    "drafts and forks are included or excluded",
		passes:  `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", filter: {drafts: Include, forks: Exclude}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", filter: {forks: Maybe}}`,
		message: "Unsupported value",
	},
	{
		name:    "an age is a duration",
		passes:  `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", filter: {updatedWithin: 1h30m}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", filter: {updatedWithin: 14d}}`,
		message: "should match",
	},
	{
		name:    "an author and a path are texts",
		passes:  `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", filter: {authors: [ada], paths: ["**"]}}`,
		refuses: `{type: GiteaPullRequest, url: "https://gitea.example.com/acme/api", filter: {authors: [""]}}`,
		message: "should be at least 1 chars long",
	},
	{
		name:    "a window is a duration",
		passes:  `{type: Static, schedule: [{cron: "@daily", window: 1h30m}]}`,
		refuses: `{type: Static, schedule: [{cron: "@daily", window: tomorrow}]}`,
		message: "should match",
	},
}

var setRules = []rule{
	{
		name:    "a set has something to render",
		passes:  `{resources: [{a: b}]}`,
		refuses: `{inputs: [{id: "1"}]}`,
		message: "at least one of steps, resources or resourcesTemplate must be set",
	},
	{
		name:    "steps stand alone",
		passes:  `{steps: [{name: one, resources: [{a: b}]}]}`,
		refuses: `{steps: [{name: one, resources: [{a: b}]}], resourcesTemplate: "a: b"}`,
		message: "steps is mutually exclusive with resources and resourcesTemplate",
	},
	{
		name:    "step names are unique",
		passes:  `{steps: [{name: one, resources: [{a: b}]}, {name: two, resourcesTemplate: "a: b"}]}`,
		refuses: `{steps: [{name: one, resources: [{a: b}]}, {name: one, resources: [{a: b}]}]}`,
		message: "step names must be unique",
	},
	{
		name:    "a step has something to render",
		passes:  `{steps: [{name: one, resourcesTemplate: "a: b", timeout: 30s}]}`,
		refuses: `{steps: [{name: one}]}`,
		message: "at least one of resources or resourcesTemplate must be set",
	},
	{
		name:    "a step's name is a label",
		passes:  `{steps: [{name: step-1, resources: [{a: b}]}]}`,
		refuses: `{steps: [{name: Step_1, resources: [{a: b}]}]}`,
		message: "should match",
	},
	{
		name:    "empty providers count in a permutation alone",
		passes:  `{resources: [{a: b}], inputStrategy: {name: Permute, includeEmptyProviders: true}}`,
		refuses: `{resources: [{a: b}], inputStrategy: {name: Flatten, includeEmptyProviders: true}}`,
		message: "includeEmptyProviders only applies when name is Permute",
	},
	{
		name:    "a provider is named or selected",
		passes:  `{resources: [{a: b}], inputsFrom: [{kind: ResourceSetInputProvider, selector: {matchLabels: {a: b}}}]}`,
		refuses: `{resources: [{a: b}], inputsFrom: [{kind: ResourceSetInputProvider}]}`,
		message: "at least one of name or selector must be set for input provider references",
	},
	{
		name:    "a provider is not named and selected",
		passes:  `{resources: [{a: b}], inputsFrom: [{apiVersion: fluxcd.controlplane.io/v1, name: prs}]}`,
		refuses: `{resources: [{a: b}], inputsFrom: [{name: prs, selector: {matchLabels: {a: b}}}]}`,
		message: "cannot set both name and selector for input provider references",
	},
	{
		name:    "a provider is of the one kind",
		passes:  `{resources: [{a: b}], inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]}`,
		refuses: `{resources: [{a: b}], inputsFrom: [{kind: ConfigMap, name: prs}]}`,
		message: "Unsupported value",
	},
	{
		name:    "a resource is an object",
		passes:  `{resources: [{apiVersion: v1, kind: ConfigMap, anything: [1, {goes: true}]}]}`,
		refuses: `{resources: ["text"]}`,
		message: "must be of type object",
	},
	{
		name:    "a dependency is named in full",
		passes:  `{resources: [{a: b}], dependsOn: [{apiVersion: v1, kind: Secret, name: a, namespace: b, ready: true, readyExpr: "true"}]}`,
		refuses: `{resources: [{a: b}], dependsOn: [{apiVersion: v1, kind: Secret}]}`,
		message: "Required value",
	},
}

func TestAdmissionOfProviders(t *testing.T) {
	admission(t, "ResourceSetInputProvider", providerRules)
}

func TestAdmissionOfSets(t *testing.T) {
	admission(t, "ResourceSet", setRules)
}

func admission(t *testing.T, kind string, rules []rule) {
	namespace := server.Namespace(t)
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			if err := create(namespace, kind, rule.passes); err != nil {
				t.Errorf("refused what should pass: %s\n%v", rule.passes, err)
			}
			err := create(namespace, kind, rule.refuses)
			if err == nil {
				t.Fatalf("let pass what should be refused: %s", rule.refuses)
			}
			if !strings.Contains(err.Error(), rule.message) {
				t.Errorf("refused in other words:\n got: %v\nwant: %s", err, rule.message)
			}
		})
	}
}

func create(namespace, kind, spec string) error {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetAPIVersion("fluxcd.controlplane.io/v1")
	object.SetKind(kind)
	object.SetNamespace(namespace)
	object.SetGenerateName("rule-")
	parsed := map[string]any{}
	if err := yaml.Unmarshal([]byte(spec), &parsed); err != nil {
		return err
	}
	object.Object["spec"] = parsed
	return server.Client.Create(context.Background(), object, client.DryRunAll)
}

func TestASetWhoseNameIsNoLabelIsRefused(t *testing.T) {
	namespace := server.Namespace(t)
	for length, refused := range map[int]bool{63: false, 64: true} {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: strings.Repeat("x", length), Namespace: namespace}}
		set.Spec.ResourcesTemplate = "{}"
		err := server.Client.Create(context.Background(), set, client.DryRunAll)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "metadata.name must have 63 characters at most") {
			t.Errorf("a name of %d characters: %v", length, err)
		}
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	namespace := server.Namespace(t)
	object := &unstructured.Unstructured{}
	text := `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {generateName: defaults-}
spec:
  type: GitHubPullRequest
  url: https://github.com/acme/api
  filter: {}
  skip: {labels: ["!build/image-ready"]}
  schedule: [{cron: "@daily"}]
`
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	object.SetNamespace(namespace)
	if err := server.Client.Create(context.Background(), object); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		value any
		path  []string
	}{
		{int64(100), []string{"filter", "limit"}},
		{"Remove", []string{"skip", "whenMissing"}},
	} {
		got, _, _ := unstructured.NestedFieldNoCopy(object.Object, append([]string{"spec"}, want.path...)...)
		if got != want.value {
			t.Errorf("spec.%s is %v, want %v", strings.Join(want.path, "."), got, want.value)
		}
	}
	schedule, _, _ := unstructured.NestedSlice(object.Object, "spec", "schedule")
	first, _ := schedule[0].(map[string]any)
	if first["timeZone"] != "UTC" || first["window"] != "0s" {
		t.Errorf("the schedule's defaults are %v, want timeZone UTC and window 0s", first)
	}
}
