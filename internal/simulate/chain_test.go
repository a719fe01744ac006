package simulate_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/simulate"
)

const stamped = `
inputsFrom: [{kind: ResourceSetInputProvider, name: api-prs}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: "api-pr-<< inputs.id >>", namespace: app-dev}
  spec:
    path: ./<< inputs.folder >>
    postBuild:
      substitute: {ID: "<< inputs.id >>"}
      substituteFrom: [{kind: Secret, name: shared}]
`

// followed follows two requests, of which the second names a folder that is not
// there, through a fleet of one ConfigMap.
func followed(t *testing.T, change func(*simulate.Chain)) simulate.Result {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"kustomization.yaml": "resources: [app.yaml]\n",
		"app.yaml":           "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {host: \"api-${ID}.${domain}\"}\n",
	} {
		path := filepath.Join(root, "preview", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := &v1.ResourceSet{}
	set.Namespace, set.Name = "app-dev", "api-pr-envs"
	if err := yaml.UnmarshalStrict([]byte(stamped), &set.Spec); err != nil {
		t.Fatal(err)
	}
	provider := v1.ResourceSetInputProvider{}
	provider.Namespace, provider.Name = "app-dev", "api-prs"
	value := func(text string) *apiextensionsv1.JSON { return &apiextensionsv1.JSON{Raw: []byte(`"` + text + `"`)} }
	provider.Status.ExportedInputs = []v1.ResourceSetInput{
		{"id": value("1"), "folder": value("preview")}, {"id": value("2"), "folder": value("nowhere")},
	}
	chain := simulate.Chain{Set: set, Providers: []v1.ResourceSetInputProvider{provider}, Fleet: overlay.Open(root), Known: []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "shared", "namespace": "app-dev"},
		"data": map[string]any{"domain": "cHJldmlldy5hY21lLmlv"},
	}}}}
	if change != nil {
		change(&chain)
	}
	result, err := chain.Follow(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Parts) != 2 {
		t.Fatalf("the parts are %+v", result.Parts)
	}
	return result
}

func TestARequestIsFollowedToWhatFluxDeploysForIt(t *testing.T) {
	part := followed(t, nil).Parts[0]
	if part.Err != nil || len(part.Deployed) != 1 {
		t.Fatalf("it is %+v", part)
	}
	if host, _, _ := unstructured.NestedString(part.Deployed[0].Object, "data", "host"); host != "api-1.preview.acme.io" {
		t.Errorf("the host is %q", host)
	}
}

func TestAKustomizationThatCannotBeBuiltFailsAlone(t *testing.T) {
	part := followed(t, nil).Parts[1]
	if part.Err == nil || !strings.Contains(part.Err.Error(), "nowhere") {
		t.Errorf("it is %+v", part)
	}
}

func TestAnErrorHoldsNoValueOfASecret(t *testing.T) {
	part := followed(t, func(c *simulate.Chain) {
		c.Known[0].Object["data"] = map[string]any{"domain": "hunter2!"}
	}).Parts[0]
	if part.Err == nil || !strings.Contains(part.Err.Error(), "data.domain is not base64") || strings.Contains(part.Err.Error(), "hunter2") {
		t.Errorf("it is %v", part.Err)
	}
}

func TestWithoutAFleetNothingIsBuilt(t *testing.T) {
	for _, part := range followed(t, func(c *simulate.Chain) { c.Fleet = nil }).Parts {
		if part.Err != nil || part.Deployed != nil || part.Kustomization == nil {
			t.Errorf("it is %+v", part)
		}
	}
}
