package scaffold_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/scaffold"
)

var base = map[string]string{"base/cart/kustomization.yaml": kustomization, "base/cart/cart.yaml": cart}

func TestAURLOfAnotherForgeIsRefused(t *testing.T) {
	for home, url := range urls() {
		for _, forge := range scaffold.Forges() {
			a := answers(t, base)
			a.Forge, a.URL = forge, url
			_, err := scaffold.Derive(t.Context(), a)
			switch {
			case forge == home:
				if err != nil {
					t.Errorf("%s of %s is refused: %v", url, home, err)
				}
			case home == "gitea" && (forge == "github" || forge == "gitlab"):
				// A server of one's own tells nothing by its name.
			case err == nil || !strings.Contains(err.Error(), "--url: "):
				t.Errorf("%s with --forge %s: %v", url, forge, err)
			case home != "gitea" && !strings.Contains(err.Error(), "give --forge "+home+","):
				t.Errorf("%s with --forge %s does not name %s: %v", url, forge, home, err)
			}
		}
	}
}

func TestWhatRunsAtAKnownHostIsKnown(t *testing.T) {
	for url, home := range map[string]string{
		"https://www.github.com/acme/api":                                "github",
		"https://acme.ghe.com/acme/api":                                  "github",
		"https://GitHub.com/acme/api":                                    "github",
		"https://gitlab.com:443/acme/shop/api":                           "gitlab",
		"https://acme.visualstudio.com/shop/_git/api":                    "azure-devops",
		"https://azure.acme.io/collection/shop/_git/api":                 "azure-devops",
		"https://codeberg.org/acme/api":                                  "gitea",
		"https://git.acme.io/users/ada/repos/api":                        "bitbucket-data-center",
		"https://git.acme.io/bitbucket/projects/SHOP/repos/api":          "bitbucket-data-center",
		"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/cart":   "AWS CodeCommit",
		"https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/x": "AWS CodeCommit",
	} {
		for _, forge := range scaffold.Forges() {
			a := answers(t, base)
			a.Forge, a.URL = forge, url
			_, err := scaffold.Derive(t.Context(), a)
			if forge != home && (err == nil || !strings.Contains(err.Error(), home)) {
				t.Errorf("%s with --forge %s: %v", url, forge, err)
			}
		}
	}
}

func TestAURLIsOneThatTheProviderTakes(t *testing.T) {
	for _, wrong := range []struct{ forge, url string }{
		{"github", "https://github.com/acme"},
		{"github", "https://github.com/acme/api/tree/main"},
		{"gitlab", "https://gitlab.acme.io/acme"},
		{"azure-devops", "https://dev.azure.com/acme/api"},
		{"bitbucket", "https://bitbucket.org/acme"},
		{"bitbucket", "https://git.acme.io/acme/api"},
		{"bitbucket-data-center", "https://git.acme.io/acme/api"},
	} {
		a := answers(t, base)
		a.Forge, a.URL = wrong.forge, wrong.url
		if _, err := scaffold.Derive(t.Context(), a); err == nil || !strings.Contains(err.Error(), "is not the URL of a repository such as ") {
			t.Errorf("%s with --forge %s: %v", wrong.url, wrong.forge, err)
		}
	}
}

// Bitbucket has no labels on requests, so that its previews wait in their pods.
func TestWhereRequestsHaveNoLabelsTheImageIsThatOfTheCommit(t *testing.T) {
	for _, forge := range scaffold.Forges() {
		a := answers(t, base)
		a.Forge, a.URL = forge, urls()[forge]
		setup := derive(t, a)
		gated := strings.Contains(text(setup, "provider.yaml"), "!build/image-ready")
		byCommit := strings.Contains(text(setup, "pr-template/kustomization.yaml"), "newTag: pr-${PR_NUMBER}-${COMMIT_SHA}")
		if gated == byCommit {
			t.Errorf("of %s the provider waits for a label: %v, and the pods for the image of their commit: %v", forge, gated, byCommit)
		}
	}
}
