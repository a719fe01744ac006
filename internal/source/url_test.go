package source_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

func unix(t time.Time) string { return fmt.Sprint(t.Unix()) }

func TestURLsAreTakenAsPeopleCopyThem(t *testing.T) {
	for _, c := range []struct{ kind, url string }{
		{v1.InputProviderGitHubPullRequest, "https://github.com/acme/api"},
		{v1.InputProviderGitHubPullRequest, "https://github.com/acme/api.git"},
		{v1.InputProviderGitHubPullRequest, "https://GitHub.example.com:8443/acme/api/"},
		{v1.InputProviderGitLabMergeRequest, "https://gitlab.com/acme/platform/team/api.git"},
		{v1.InputProviderGiteaPullRequest, "http://gitea.example.com:3000/acme/api"},
		{v1.InputProviderGiteaPullRequest, "https://example.com/git/acme/api/"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://dev.azure.com/org/project/_git/api"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://dev.azure.com/org/My%20Project/_git/api"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://org.visualstudio.com/project/_git/api"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://org.visualstudio.com/DefaultCollection/project/_git/api"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://tfs.example.com/tfs/Default/project/_git/api"},
		{v1.InputProviderAWSCodeCommitTag, "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api"},
		{v1.InputProviderAWSCodeCommitTag, "https://git-codecommit-fips.us-gov-west-1.amazonaws.com/v1/repos/api"},
		{v1.InputProviderAWSCodeCommitTag, "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/api"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.org/acme/api"},
		{v1.InputProviderBitbucketTag, "https://bitbucket.org/acme/api.git"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.example.com/projects/SHOP/repos/api"},
		{v1.InputProviderBitbucketBranch, "https://example.com/bitbucket/projects/SHOP/repos/api/"},
		{v1.InputProviderBitbucketBranch, "https://bitbucket.example.com/users/ada/repos/api"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.example.com/scm/shop/api.git"},
		{v1.InputProviderBitbucketPullRequest, "http://bitbucket.example.com:7990/scm/~ada/api.git"},
	} {
		if _, err := source.New(source.Config{Type: c.kind, URL: c.url}); err != nil {
			t.Errorf("%s %s: %v", c.kind, c.url, err)
		}
	}
}

func TestAMalformedURLSaysWhatWasExpected(t *testing.T) {
	for _, c := range []struct{ kind, url string }{
		{v1.InputProviderGitHubPullRequest, "https://github.com/acme"},
		{v1.InputProviderGitHubPullRequest, "https://github.com/acme/api/tree/main"},
		{v1.InputProviderGitHubPullRequest, "github.com/acme/api"},
		{v1.InputProviderGitHubPullRequest, "https:///acme/api"},
		{v1.InputProviderGitHubPullRequest, "https://github.com/acme//api"},
		{v1.InputProviderGitLabMergeRequest, "https://gitlab.com/api"},
		{v1.InputProviderGiteaPullRequest, "https://gitea.example.com/acme/api?tab=pulls"},
		{v1.InputProviderGiteaPullRequest, "https://gitea.example.com/acme/../api"},
		{v1.InputProviderGiteaPullRequest, "http://[::1"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://dev.azure.com/org/project/api"},
		{v1.InputProviderAzureDevOpsPullRequest, "https://dev.azure.com/project/_git/api"},
		{v1.InputProviderAWSCodeCommitBranch, "https://codecommit.eu-west-1.amazonaws.com/v1/repos/api"},
		{v1.InputProviderAWSCodeCommitBranch, "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos"},
		{v1.InputProviderAWSCodeCommitBranch, "https://git-codecommit.eu-west-1.amazonaws.com.example.com/v1/repos/api"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.org/acme"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.org/acme/api/src/main"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.example.com/SHOP/api"},
		{v1.InputProviderBitbucketPullRequest, "https://bitbucket.example.com/projects/SHOP"},
	} {
		_, err := source.New(source.Config{Type: c.kind, URL: c.url})
		if err == nil || !strings.Contains(err.Error(), "expected https://") {
			t.Errorf("%s %s: %v", c.kind, c.url, err)
		}
	}
}

func TestCredentialsInAURLAreRefusedAndNotRepeated(t *testing.T) {
	_, err := source.New(source.Config{Type: v1.InputProviderGiteaPullRequest, URL: "https://flux:s3cret@gitea.example.com/acme/api"})
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "spec.secretRef") {
		t.Errorf("got %v", err)
	}
}

func TestATypeThatIsNotSupportedIsNamed(t *testing.T) {
	_, err := source.New(source.Config{Type: "SubversionBranch", URL: "https://github.com/acme/api"})
	if !errors.Is(err, source.ErrUnsupported) || !strings.Contains(err.Error(), "SubversionBranch") {
		t.Errorf("got %v", err)
	}
}
