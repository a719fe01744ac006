package source

import (
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
)

// RequestPages are the web pages of a request and of what it changes, by its number; empty
// where a forge has none that can be told by these. Nothing is asked.
func RequestPages(kind, url, id string) (request, changes string) {
	at, err := forge.ParseURL(url, "")
	if err != nil {
		return "", ""
	}
	base := at.String()
	switch {
	case kind == v1.InputProviderGitHubPullRequest:
		return base + "/pull/" + id, base + "/pull/" + id + "/files"
	case kind == v1.InputProviderGitLabMergeRequest:
		return base + "/-/merge_requests/" + id, base + "/-/merge_requests/" + id + "/diffs"
	case kind == v1.InputProviderGiteaPullRequest:
		return base + "/pulls/" + id, base + "/pulls/" + id + "/files"
	case kind == v1.InputProviderAzureDevOpsPullRequest:
		return base + "/pullrequest/" + id, base + "/pullrequest/" + id + "?_a=files"
	case kind == v1.InputProviderBitbucketPullRequest && !strings.Contains(base, "/scm/"):
		return base + "/pull-requests/" + id, base + "/pull-requests/" + id + "/diff"
	default:
		return "", ""
	}
}
