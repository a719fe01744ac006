package source

import v1 "github.com/eddy-previews/eddy/api/v1"

// Told is what a forge can be told of a request.
type Told string

// What can be told.
const (
	Comment    Told = "comment"
	Status     Told = "status"
	Deployment Told = "deployment"
	// Dashboard is that of an environment.
	Dashboard Told = "dashboard for Kubernetes"
	Answer    Told = "answer"
)

// Permission is what a token needs at a forge to tell it something, in the words that
// the forge shows where a token is made; "" where it cannot be told that.
func Permission(providerType string, told Told) string { return permissions[providerType][told] }

// permissions are those of each type, from the documentation of its forge.
var permissions = map[string]map[Told]string{
	v1.InputProviderGitHubPullRequest: {
		Comment:    "Pull requests: Read and write (classic tokens: repo)",
		Status:     "Commit statuses: Read and write (classic tokens: repo:status)",
		Deployment: "Deployments: Read and write (classic tokens: repo_deployment)",
	},
	v1.InputProviderGitLabMergeRequest: {
		Comment:    "the scope api and the role Reporter",
		Status:     "the scope api and the role Developer",
		Deployment: "the scope api and the role Developer",
		Dashboard:  "the scope api and the role Developer",
	},
	v1.InputProviderGiteaPullRequest: {
		Comment: "the scope write:issue",
		Status:  "the scope write:repository, and write access to the code",
	},
	v1.InputProviderAzureDevOpsPullRequest: {
		Comment: "the scope Code (Read & write), and the permission Contribute to pull requests",
		Status:  "the scope Code (Status)",
	},
	v1.InputProviderBitbucketPullRequest: {
		Comment: "pullrequest:write in the cloud, and Repository read on a Data Center",
		Status:  "repository:write in the cloud, and Repository read on a Data Center",
	},
	v1.InputProviderAWSCodeCommitPullRequest: {
		Comment: "codecommit:PostCommentForPullRequest, codecommit:UpdateComment and codecommit:GetCommentsForPullRequest",
	},
}
