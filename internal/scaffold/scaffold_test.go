package scaffold_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/scaffold"
)

const (
	kustomization = "resources: [cart.yaml]\n"
	cart          = `apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: web, image: "registry.acme.io/shop/cart:1.2.3"}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: cart}
spec: {rules: [{host: cart.acme.io, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}]}}]}
`
	clusterRole = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cart}
`
)

// answers are those for a fleet of these files.
func answers(t *testing.T, files map[string]string) scaffold.Answers {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		place(t, root, name, text)
	}
	return scaffold.Answers{
		Forge: "github", URL: "https://github.com/acme/cart", Service: "cart", Root: root, Base: "base/cart", FluxPath: "clusters/prod",
		Image: "registry.acme.io/shop/cart", Domain: "preview.acme.io", Namespace: "shop",
	}
}

// place writes a file below a root.
func place(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func derive(t *testing.T, a scaffold.Answers) scaffold.Setup {
	t.Helper()
	setup, err := scaffold.Derive(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

// text of the file that ends so; "" where there is none.
func text(setup scaffold.Setup, name string) string {
	for _, file := range setup.Files {
		if strings.HasSuffix(file.Path, "/"+name) {
			return file.Text
		}
	}
	return ""
}

// urls are repositories, one of each forge.
func urls() map[string]string {
	return map[string]string{
		"azure-devops": "https://dev.azure.com/acme/shop/_git/cart", "gitea": "https://git.acme.io/shop/cart",
		"github": "https://github.com/acme/cart", "gitlab": "https://gitlab.com/acme/cart",
		"bitbucket": "https://bitbucket.org/acme/cart", "bitbucket-data-center": "https://git.acme.io/projects/SHOP/repos/cart",
	}
}

func TestNothingOfTheExamplesIsLeftInASetUp(t *testing.T) {
	base := map[string]string{"base/cart/kustomization.yaml": kustomization, "base/cart/cart.yaml": cart}
	for _, forge := range scaffold.Forges() {
		a := answers(t, base)
		a.Forge, a.URL = forge, urls()[forge]
		setup := derive(t, a)
		if provider := text(setup, "provider.yaml"); !strings.Contains(provider, "url: "+a.URL+"\n") || !strings.Contains(provider, "namespace: shop\n") {
			t.Errorf("of %s the provider is\n%s", forge, provider)
		}
		for _, file := range setup.Files {
			for _, left := range []string{"api-pr", "registry.example.com", "app-dev\n", "clusters/eks", "preview.example.com"} {
				if strings.Contains(file.Text, left) {
					t.Errorf("%s of %s has %q:\n%s", file.Path, forge, left, file.Text)
				}
			}
		}
	}
}

func TestWhatFluxDeploysOfItsFolderNowIsKept(t *testing.T) {
	setup := derive(t, answers(t, map[string]string{
		"base/cart/kustomization.yaml": kustomization, "base/cart/cart.yaml": cart,
		"clusters/prod/shop.yaml": "a: b\n", "clusters/prod/tools/kustomization.yaml": "resources: []\n", "clusters/prod/tools/inner.yaml": "a: b\n",
	}))
	for _, file := range setup.Files {
		if file.Path != "clusters/prod/kustomization.yaml" {
			continue
		}
		if !file.Shared || !strings.Contains(file.Text, "  - shop.yaml\n  - tools\n") || strings.Contains(file.Text, "inner") {
			t.Errorf("it is, shared %v,\n%s", file.Shared, file.Text)
		}
		return
	}
	t.Error("there is no kustomization.yaml for Flux's folder")
}

func TestWhatIsOfTheWholeClusterIsStrippedFromPreviews(t *testing.T) {
	setup := derive(t, answers(t, map[string]string{"base/cart/kustomization.yaml": kustomization, "base/cart/cart.yaml": cart + clusterRole}))
	if !slices.Equal(setup.Stripped, []string{"ClusterRole"}) {
		t.Errorf("stripped is %v", setup.Stripped)
	}
	overlay := ""
	for _, file := range setup.Files {
		if strings.HasSuffix(file.Path, "pr-template/kustomization.yaml") {
			overlay = file.Text
		}
	}
	if !strings.Contains(overlay, "kind: ClusterRole\n") || !strings.Contains(overlay, "$patch: delete") {
		t.Errorf("the overlay is\n%s", overlay)
	}
}

func TestEachAnswerThatIsWrongIsNamedByItsFlag(t *testing.T) {
	a := answers(t, nil)
	a.Forge, a.URL, a.Service, a.Image, a.Domain, a.Base = "gitub", "github.com", "Cart", "cart:1", "http://x", "../cart"
	_, err := scaffold.Derive(context.Background(), a)
	for _, flag := range []string{"--forge", "--url", "--service", "--image", "--domain", "--base"} {
		if err == nil || !strings.Contains(err.Error(), flag+":") {
			t.Errorf("%s is not named: %v", flag, err)
		}
	}
}
