package scaffold_test

import (
	"slices"
	"testing"

	"github.com/eddy-previews/eddy/internal/scaffold"
)

// found is what is suggested for a flag in a fleet.
func found(t *testing.T, a scaffold.Answers, flag string) []string {
	t.Helper()
	questions := scaffold.NewInterview(&a).Questions()
	at := slices.IndexFunc(questions, func(q scaffold.Question) bool { return q.Flag == flag })
	return questions[at].Found(t.Context())
}

func TestAURLIsFoundWhateverTheFleetWasClonedFrom(t *testing.T) {
	for clone, want := range map[string]struct{ forge, url string }{
		"https://github.com/acme/shop.git":                     {"github", "https://github.com/acme/shop"},
		"https://ada:s3cret@github.com/acme/shop":              {"github", "https://github.com/acme/shop"},
		"git@github.com:acme/shop.git":                         {"github", "https://github.com/acme/shop"},
		"ssh://git@gitlab.acme.io:2222/acme/team/shop.git":     {"gitlab", "https://gitlab.acme.io/acme/team/shop"},
		"git@ssh.dev.azure.com:v3/acme/shop/cart":              {"azure-devops", "https://dev.azure.com/acme/shop/_git/cart"},
		"ssh://git@bitbucket.acme.io:7999/shop/cart.git":       {"bitbucket-data-center", "https://bitbucket.acme.io/projects/shop/repos/cart"},
		"https://acme@bitbucket.org/acme/shop.git":             {"bitbucket", "https://bitbucket.org/acme/shop"},
		"https://codeberg.org/acme/shop":                       {"gitea", "https://codeberg.org/acme/shop"},
		"/srv/git/shop.git":                                    {},
		"C:/git/shop":                                          {},
		"https://github.com/acme/shop\x1b[2J":                  {},
		"ext::sh -c evil":                                      {},
		"https://github.com/acme/shop?token=s3cret&x=\"broken": {},
	} {
		a := answers(t, map[string]string{".git/config": "[remote \"origin\"]\n\turl = " + clone + "\n", "Dockerfile": "FROM scratch\n"})
		a.Forge, a.URL = "", ""
		forges := found(t, a, "forge")
		a.Forge = want.forge
		urls := found(t, a, "url")
		if want.url == "" {
			a.Forge = "github"
			urls = found(t, a, "url")
		}
		if want.url != "" && (!slices.Equal(forges, []string{want.forge}) || !slices.Equal(urls, []string{want.url})) {
			t.Errorf("%s: found are %v and %v", clone, forges, urls)
		}
		if want.url == "" && len(urls) > 0 && urls[0] != "https://github.com/acme/shop" {
			t.Errorf("%s: found is %v", clone, urls)
		}
	}
}

func TestAPatchIsNoManifestOfAService(t *testing.T) {
	a := answers(t, with(base, "overlay/patch.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {replicas: 2}\n"))
	a.Base = ""
	if got := found(t, a, "base"); !slices.Equal(got, []string{"base/cart"}) {
		t.Errorf("found are %v", got)
	}
}

func TestTheNamespaceOfOtherPreviewsIsFoundFirst(t *testing.T) {
	files := with(base, "namespaces.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop-dev}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: flux-system}\n")
	a := answers(t, files)
	a.Namespace = ""
	if got := found(t, a, "namespace"); !slices.Equal(got, []string{"app-dev", "shop-dev"}) {
		t.Errorf("found are %v", got)
	}
	a = answers(t, with(files, "api.yaml", watching("api-prs", "https://github.com/acme/api", `"!ready"`)))
	a.Namespace = ""
	if got := found(t, a, "namespace"); !slices.Equal(got, []string{"shop", "app-dev", "shop-dev"}) {
		t.Errorf("found are %v", got)
	}
}

func TestAForgeIsThatOfOtherServices(t *testing.T) {
	a := answers(t, with(base, "api.yaml", watching("api-prs", "https://gitlab.com/acme/api", `"!ready"`)))
	a.Forge = ""
	if got := found(t, a, "forge"); !slices.Equal(got, []string{"gitlab"}) {
		t.Errorf("found are %v", got)
	}
}
