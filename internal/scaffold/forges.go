package scaffold

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// forge is what differs between forges.
type forge struct {
	// name is the answer to --forge, says how people call it.
	name, says string
	// examples is its folder below examples/, and url the one that stands there.
	examples, url string
	// form is a URL of its own to show, where that is not url.
	form string
	// kind is the spec.type of its providers.
	kind     string
	pipeline pipeline
}

// forges are all forges, a row each.
func forges() []forge {
	const bitbucket = "https://bitbucket.org/acme/api"
	return []forge{
		{name: "azure-devops", says: "Azure DevOps", examples: "azure-devops", url: "https://dev.azure.com/acme/shop/_git/api", kind: v1.InputProviderAzureDevOpsPullRequest, pipeline: pipeline{
			file: "azure-pipelines.yml", job: "  - job: image\n", named: func(service string) string { return "  - job: image_" + strings.ReplaceAll(service, "-", "_") + "\n" },
			commit: "$(System.PullRequest.SourceCommitId)", touched: touchedInAzure, move: "move the CI file from %s to the repository of the service, under another name and as a pipeline of its own where it has an azure-pipelines.yml",
		}},
		{name: "bitbucket", says: "Bitbucket Cloud", examples: "bitbucket", url: bitbucket, kind: v1.InputProviderBitbucketPullRequest, pipeline: pipeline{
			file: "bitbucket-pipelines.yml", job: "      - step:\n", named: func(string) string { return "      - step:\n" }, several: "      - parallel:\n", indent: "    ",
			touched: touchedInBitbucket, move: "move the CI file from %s to the repository of the service, or what it has for pull-requests into the bitbucket-pipelines.yml that is there",
		}},
		{name: "bitbucket-data-center", says: "a Bitbucket Data Center", examples: "bitbucket", url: bitbucket, form: "https://bitbucket.example.com/projects/SHOP/repos/api", kind: v1.InputProviderBitbucketPullRequest, pipeline: pipeline{
			file: "preview.sh", job: "IMAGE=", named: func(service string) string { return "\n# " + service + "\nIMAGE=" },
			touched: touchedInScript, move: "move preview.sh from %s to the repository of the service, and let its CI run it for each pull request, as it says",
		}},
		{name: "gitea", says: "Gitea or Forgejo", examples: "gitea", url: "https://gitea.example.com/acme/api", kind: v1.InputProviderGiteaPullRequest, pipeline: actions(".gitea/workflows/preview.yaml")},
		{name: "github", says: "GitHub", examples: "github", url: "https://github.com/acme/api", kind: v1.InputProviderGitHubPullRequest, pipeline: actions(".github/workflows/preview.yaml")},
		{name: "gitlab", says: "GitLab", examples: "gitlab", url: "https://gitlab.com/acme/api", kind: v1.InputProviderGitLabMergeRequest, pipeline: pipeline{
			file: "preview.gitlab-ci.yml", job: "preview:\n", named: func(service string) string { return "preview-" + service + ":\n" },
			commit: "${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-$CI_COMMIT_SHA}", touched: touchedInGitLab, move: "move the CI file from %s to the repository of the service, and name it in the .gitlab-ci.yml there, which is this line alone where there is none yet: include: [{local: preview.gitlab-ci.yml}]",
		}},
	}
}

// actions is the pipeline of those who run the workflows of GitHub.
func actions(file string) pipeline {
	return pipeline{
		file: file, job: "  image:\n", named: func(service string) string { return "  image-" + service + ":\n" },
		commit: "${{ github.event.pull_request.head.sha }}", touched: touchedInActions, move: "move the CI file from %s to the repository of the service",
	}
}

// Forges lists the forges.
func Forges() []string {
	var out []string
	for _, forge := range forges() {
		out = append(out, forge.name)
	}
	return out
}

// forgeOf returns the forge of a name.
func forgeOf(name string) (forge, error) {
	all := forges()
	if i := slices.IndexFunc(all, func(f forge) bool { return f.name == name }); i >= 0 {
		return all[i], nil
	}
	return forge{}, fmt.Errorf("%q is not one of %s%s", name, strings.Join(Forges(), ", "), suggest.Hint(name, Forges()))
}

// example of a URL.
func (f forge) example() string { return cmp.Or(f.form, f.url) }

// hasLabels reports whether requests of the forge have labels, for CI to say that
// it is done.
func (f forge) hasLabels() bool {
	kind, err := source.TypeOf(f.kind)
	return err == nil && kind.Tells.Labels
}

// knownHosts are those of which everybody knows what runs there; one that begins with
// a dot stands for all below it.
func knownHosts() map[string]string {
	return map[string]string{
		"github.com": "github", ".github.com": "github", ".ghe.com": "github",
		"gitlab.com": "gitlab", ".gitlab.com": "gitlab",
		"dev.azure.com": "azure-devops", "ssh.dev.azure.com": "azure-devops", ".visualstudio.com": "azure-devops",
		"bitbucket.org": "bitbucket", ".bitbucket.org": "bitbucket",
		"gitea.com": "gitea", "codeberg.org": "gitea",
	}
}

// homeOf is the forge that a URL belongs to, as its host or its path tells; "" when
// neither does.
func homeOf(parsed *url.URL) string {
	host, path := strings.ToLower(parsed.Hostname()), parsed.Path
	for known, name := range knownHosts() {
		if host == known || known[0] == '.' && strings.HasSuffix(host, known) {
			return name
		}
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch n := len(parts); {
	case n >= 2 && parts[n-2] == "_git":
		return "azure-devops"
	case n >= 4 && parts[n-2] == "repos" && (parts[n-4] == "projects" || parts[n-4] == "users"):
		return "bitbucket-data-center"
	}
	return ""
}

// check says why a URL is not that of a repository of the forge.
func (f forge) check(text string) error {
	if other := browsed(text); !isRepository(text) && isRepository(other) {
		return fmt.Errorf("%q is what git clones: give the URL that a browser shows, %s", text, other)
	}
	if !isRepository(text) {
		return fmt.Errorf("%q is not the URL of a repository such as %s", text, f.example())
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("%q is not the URL of a repository such as %s", text, f.example())
	}
	if home := homeOf(parsed); home != "" && home != f.name {
		other, err := forgeOf(home)
		if err != nil {
			return err
		}
		return fmt.Errorf("%q is a repository of %s, and --forge is %s: give --forge %s, or the URL of a repository such as %s", text, other.says, f.name, home, f.example())
	}
	if strings.HasPrefix(parsed.Hostname(), "git-codecommit") && strings.HasSuffix(parsed.Hostname(), ".amazonaws.com") {
		return fmt.Errorf("%q is a repository of AWS CodeCommit, for which nothing is written here: docs/sources.md has what its provider looks like", text)
	}
	_, err = source.Repository(source.Config{Type: f.kind, URL: text})
	if err != nil || f.name == "bitbucket" && homeOf(parsed) != f.name {
		return fmt.Errorf("%q is not the URL of a repository such as %s", text, f.example())
	}
	return nil
}

// isRepository reports whether a text is a URL with a host and a path.
func isRepository(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && plainURL.MatchString(text) && parsed.Host != "" && parsed.User == nil &&
		strings.Trim(parsed.Path, "/") != "" && (parsed.Scheme == "https" || parsed.Scheme == "http")
}
