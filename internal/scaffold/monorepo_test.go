package scaffold_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/scaffold"
)

// watching is a provider of another service, written by hand.
func watching(name, url, labels string) string {
	return `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: ` + name + `, namespace: shop}
spec: {type: GitHubPullRequest, url: "` + url + `", skip: {labels: [` + labels + `]}}
`
}

// with are the files of a fleet, and one more.
func with(files map[string]string, name, text string) map[string]string {
	out := maps.Clone(files)
	out[name] = text
	return out
}

func TestAServiceHasALabelOfItsOwnWhereItsRepositoryIsWatchedAlready(t *testing.T) {
	for _, test := range []struct {
		claim, provider string
		change          func(*scaffold.Answers)
		label           string
	}{
		{claim: "nobody watches it", label: "build/image-ready"},
		{claim: "another service does", provider: watching("api-prs", "https://github.com/acme/cart", `"!ready"`), label: "build/cart-ready"},
		{claim: "the URL is written otherwise", provider: watching("api-prs", "https://GitHub.com/Acme/cart.git/", `"!ready"`), label: "build/cart-ready"},
		{claim: "another repository is watched", provider: watching("api-prs", "https://github.com/acme/cart-api", `"!ready"`), label: "build/image-ready"},
		{claim: "it is this service, for another cluster", provider: watching("cart-prs", "https://github.com/acme/cart", `"!build/image-ready"`), label: "build/image-ready"},
		{
			claim: "the label is given", provider: watching("api-prs", "https://github.com/acme/cart", `"!ready"`),
			change: func(a *scaffold.Answers) { a.Label = "shop::cart" }, label: "shop::cart",
		},
		{claim: "a chart is beside it", provider: "kind: ResourceSetInputProvider\n{{ if }}", label: "build/image-ready"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			a := answers(t, with(base, "clusters/prod/other/provider.yaml", test.provider))
			if test.change != nil {
				test.change(&a)
			}
			setup := derive(t, a)
			if provider := text(setup, "provider.yaml"); !strings.Contains(provider, `- "!`+test.label+`" `) {
				t.Errorf("the provider is\n%s", provider)
			}
			if ci := text(setup, "preview.yaml"); !strings.Contains(ci, "'labels[]="+test.label+"'") {
				t.Errorf("CI is\n%s", ci)
			}
		})
	}
}

func TestALabelThatCannotBeIsRefused(t *testing.T) {
	for _, test := range []struct {
		why    string
		change func(*scaffold.Answers)
	}{
		{`api-prs waits for "ready" already`, func(a *scaffold.Answers) { a.Label = "ready" }},
		{"is not a label", func(a *scaffold.Answers) { a.Label = "x'; rm -rf /" }},
		{"is longer than 50 characters", func(a *scaffold.Answers) { a.Service = strings.Repeat("cart-", 8) + "x" }},
		{"have no labels", func(a *scaffold.Answers) {
			a.Forge, a.URL, a.Label = "bitbucket", urls()["bitbucket"], "ready"
		}},
	} {
		a := answers(t, with(base, "api.yaml", watching("api-prs", "https://github.com/acme/cart", `"!ready"`)))
		test.change(&a)
		if _, err := scaffold.Derive(t.Context(), a); err == nil || !strings.HasPrefix(err.Error(), "--label: ") || !strings.Contains(err.Error(), test.why) {
			t.Errorf("want %q, got %v", test.why, err)
		}
	}
}

func TestPathsThatNoProviderTakesAreRefused(t *testing.T) {
	for _, wrong := range []string{"!docs/**", "/services", "./services", "../x", "services/{api", "a'b", "", "a b", "a,,b", `a\b`} {
		a := answers(t, base)
		a.Paths = []string{wrong}
		if _, err := scaffold.Derive(t.Context(), a); err == nil || !strings.HasPrefix(err.Error(), "--paths: ") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	a := answers(t, base)
	a.Paths = []string{"services/cart/**, go.{mod,sum}", "**/*.proto"}
	if provider := text(derive(t, a), "provider.yaml"); !strings.Contains(provider, "      - \"services/cart/**\"\n      - \"go.{mod,sum}\"\n      - \"**/*.proto\"\n") {
		t.Errorf("the provider is\n%s", provider)
	}
}

func TestCIBuildsWhereTheDockerfileIs(t *testing.T) {
	for _, test := range []struct {
		claim, want string
		files       map[string]string
		change      func(*scaffold.Answers)
	}{
		{claim: "without paths it is at the root", want: ".", files: base, change: func(*scaffold.Answers) {}},
		{claim: "it is where the paths begin", want: "services/cart", files: base, change: func(a *scaffold.Answers) { a.Paths = []string{"services/cart/*/x-{a,b}"} }},
		{claim: "a path is a file", want: "services/cart", files: base, change: func(a *scaffold.Answers) { a.Paths = []string{"services/cart/Dockerfile"} }},
		{claim: "it can be seen at the root", want: ".", files: with(base, "Dockerfile", "FROM scratch\n"), change: func(a *scaffold.Answers) { a.Paths = []string{"services/cart/**"} }},
		{claim: "it is given", want: "build/cart", files: base, change: func(a *scaffold.Answers) { a.Paths, a.BuildPath = []string{"services/cart/**"}, "build/cart/" }},
	} {
		a := answers(t, test.files)
		test.change(&a)
		if ci := text(derive(t, a), "preview.yaml"); !strings.Contains(ci, `docker build -t "$IMAGE" `+test.want+" &&") {
			t.Errorf("%s, and CI is\n%s", test.claim, ci)
		}
	}
}

// What somebody wrote by hand does not end up in a script.
func TestCIBuildsNoServiceOfWhichThatCannotBeTold(t *testing.T) {
	const overlay = "apps/api/pr-template/kustomization.yaml"
	provider := watching("api-prs", "https://github.com/acme/cart", `"!ready"`)
	for claim, test := range map[string]struct{ provider, overlay string }{
		"its overlay is elsewhere": {provider, ""},
		"it has no image":          {provider, "images: []\n"},
		"its image is none":        {provider, "images: [{name: \"registry.acme.io/x; curl evil\"}]\n"},
		"its label is none":        {strings.Replace(provider, "!ready", "!$(curl evil)", 1), "images: [{name: registry.acme.io/api}]\n"},
		"it waits for nothing":     {strings.Replace(provider, `"!ready"`, "", 1), "images: [{name: registry.acme.io/api}]\n"},
		"its paths are none":       {strings.Replace(provider, "spec: {", "spec: {filter: {paths: [\"';curl evil\"]}, ", 1), "images: [{name: registry.acme.io/api}]\n"},
	} {
		files := with(base, "apps/api/previews/provider.yaml", test.provider)
		if test.overlay != "" {
			files[overlay] = test.overlay
		}
		setup := derive(t, answers(t, files))
		if ci := text(setup, "preview.yaml"); strings.Contains(ci, "evil") || strings.Contains(ci, "image-api") {
			t.Errorf("%s, and CI is\n%s", claim, ci)
		}
		if told := setup.CI.Move("previews"); !strings.HasSuffix(told, "; put into it what CI does for api-prs") {
			t.Errorf("%s, and told is %q", claim, told)
		}
	}
}

func TestCIBuildsAnotherServiceWhereItDidBefore(t *testing.T) {
	a := answers(t, with(base, "Dockerfile", "FROM scratch\n"))
	write := func(a scaffold.Answers) scaffold.Setup {
		setup := derive(t, a)
		for _, file := range setup.Files {
			place(t, a.Root, file.Path, file.Text)
		}
		return setup
	}
	a.Paths, a.BuildPath = []string{"services/cart/**"}, "build/cart"
	write(a)
	a.Service, a.BuildPath = "shop", "build/shop"
	ci := text(write(a), "preview.yaml")
	if !strings.Contains(ci, " build/cart &&") || !strings.Contains(ci, " build/shop &&") {
		t.Errorf("CI is\n%s", ci)
	}
}
