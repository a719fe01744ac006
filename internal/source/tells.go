package source

import v1 "github.com/eddy-previews/eddy/api/v1"

// Tells says which fields of an Item a type fills. What a forge does not tell
// is zero in every item, and no filter can ask for it.
type Tells struct {
	Drafts, Forks, Updated, TargetBranch, Author bool
	// Files says that the source is a FileLister.
	Files bool
}

// TellsOf returns what is known of the items of a type.
func TellsOf(providerType string) Tells {
	everything := Tells{Drafts: true, Forks: true, Updated: true, TargetBranch: true, Author: true, Files: true}
	undated := everything
	undated.Updated = false
	return map[string]Tells{
		// Its listing has no time but that of the creation; when a request was
		// pushed to is told one by one, and when it was talked about, nowhere.
		v1.InputProviderAzureDevOpsPullRequest: undated,
		v1.InputProviderGiteaPullRequest:       everything,
		v1.InputProviderGitHubPullRequest:      everything,
		v1.InputProviderGitLabMergeRequest:     everything,
	}[providerType]
}
