package scaffold_test

import (
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/scaffold"
)

const service = `---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{port: 80}]}
`

// written puts a set-up into its fleet.
func written(t *testing.T, a scaffold.Answers, setup scaffold.Setup) {
	t.Helper()
	for _, file := range setup.Files {
		place(t, a.Root, file.Path, file.Text)
	}
}

func TestAGateByImageSetsNoLabelAndDeploysWhatWasProved(t *testing.T) {
	for _, forge := range scaffold.Forges() {
		t.Run(forge, func(t *testing.T) {
			a := answers(t, map[string]string{"base/cart/kustomization.yaml": kustomization, "base/cart/cart.yaml": cart + service})
			a.Forge, a.URL, a.Gate, a.Paths = forge, urls()[forge], scaffold.GateImage, []string{"services/cart/**"}
			setup := derive(t, a)
			provider, set := text(setup, "provider.yaml"), text(setup, "previews/resourceset.yaml")
			if !strings.Contains(provider, "repository: registry.acme.io/shop/cart\n") || strings.Contains(provider, "skip:") {
				t.Errorf("the provider is\n%s", provider)
			}
			if !strings.Contains(set, "digest: << inputs.images.app.digest >>") {
				t.Errorf("the ResourceSet is\n%s", set)
			}
			ci := setup.Files[ciOf(t, setup)]
			if strings.Contains(strings.ReplaceAll(ci.Text, "--label", ""), "label") || strings.Contains(forge, "bitbucket") == strings.Contains(ci.Text, "org.opencontainers.image.revision=") {
				t.Errorf("%s is\n%s", ci.Path, ci.Text)
			}
			if err := yaml.Unmarshal([]byte(ci.Text), &map[string]any{}); err != nil && filepath.Ext(ci.Path) != ".sh" {
				t.Errorf("%s: %v\n%s", ci.Path, err, ci.Text)
			}
			written(t, a, setup)
			linted(t, a.Root)
		})
	}
}

// ciOf is where the CI file is.
func ciOf(t *testing.T, setup scaffold.Setup) int {
	t.Helper()
	for n, file := range setup.Files {
		if strings.Contains(file.Text, "docker push") {
			return n
		}
	}
	t.Fatal("there is no CI file")
	return 0
}

// linted finds nothing in a fleet.
func linted(t *testing.T, root string) {
	t.Helper()
	found, err := lint.Load(t.Context(), lint.Options{Paths: []string{root}})
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range found.Check() {
		t.Errorf("%s: %s: %s", finding.Position, finding.Rule, finding.Message)
	}
}

func TestAServiceThatWaitsForAnImageMayStandBesideOneThatWaitsForALabel(t *testing.T) {
	a := answers(t, map[string]string{"base/cart/kustomization.yaml": kustomization, "base/cart/cart.yaml": cart,
		"base/web/kustomization.yaml": kustomization, "base/web/cart.yaml": strings.ReplaceAll(strings.ReplaceAll(cart, "shop/cart", "shop/web"), "cart.acme.io", "web.acme.io")})
	written(t, a, derive(t, a))
	a.Service, a.Base, a.Image, a.Gate = "web", "base/web", "registry.acme.io/shop/web", scaffold.GateImage
	setup := derive(t, a)
	ci := setup.Files[ciOf(t, setup)].Text
	if strings.Count(ci, "org.opencontainers.image.revision=") != 1 || strings.Count(ci, "'labels[]=build/image-ready'") != 1 || !strings.Contains(ci, "pull-requests: write") {
		t.Errorf("CI is\n%s", ci)
	}
}

func TestAGateThatThereIsNotIsRefused(t *testing.T) {
	for why, change := range map[string]func(*scaffold.Answers){
		`"imgae" is neither image nor label`: func(a *scaffold.Answers) { a.Gate = "imgae" },
		"image needs no label":               func(a *scaffold.Answers) { a.Gate, a.Label = scaffold.GateImage, "ready" },
	} {
		a := answers(t, base)
		change(&a)
		if _, err := scaffold.Derive(t.Context(), a); err == nil || !strings.HasPrefix(err.Error(), "--gate: ") || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
	}
}
