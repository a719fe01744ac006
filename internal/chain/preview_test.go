package chain_test

import (
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/chain"
)

// withInventory is a set that owns a Kustomization for an input.
func withInventory(s v1.ResourceSet, entries ...string) v1.ResourceSet {
	s.Status.Inventory = &v1.ResourceInventory{}
	for _, key := range entries {
		s.Status.Inventory.Entries = append(s.Status.Inventory.Entries,
			v1.ResourceRef{ID: "app-dev_api_kustomize.toolkit.fluxcd.io_Kustomization", Version: "v1", Input: key})
	}
	return s
}

func deployer(t *testing.T, status string) unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(`{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization,
  metadata: {namespace: app-dev, name: api, generation: 2, creationTimestamp: "2026-11-23T11:00:00Z"}, status: ` + status + `}`))
	if err != nil {
		t.Fatal(err)
	}
	out := unstructured.Unstructured{}
	if err := out.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAPreviewIsAsReadyAsWhatFluxMadeOfIt(t *testing.T) {
	for _, test := range []struct {
		name, status string
		set          string
		want         string
	}{
		{"both are", `{observedGeneration: 2, conditions: [{type: Ready, status: "True"}]}`, "True", "True"},
		{"Flux failed", `{observedGeneration: 2, conditions: [{type: Ready, status: "False", message: no such path}]}`, "True", "False Kustomization/api: no such path"},
		{"Flux has not seen the last change", `{observedGeneration: 1, conditions: [{type: Ready, status: "True"}]}`, "True", "Unknown Kustomization/api: Kustomization generation is 2, but latest observed generation is 1"},
		{"Flux has not begun", `{}`, "True", "Unknown Kustomization/api: not reconciled yet"},
		{"the set failed", `{observedGeneration: 2, conditions: [{type: Ready, status: "True"}]}`, "False", "False"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := withInventory(set("api-pr-envs", "api-prs/1"), "api-prs/1")
			s.Status.Previews[0].Ready = "False"
			if test.set == "True" {
				s.Status.Previews[0].Ready = "True"
			}
			p := chain.Snapshot{Sets: []v1.ResourceSet{s}, Deployers: []unstructured.Unstructured{deployer(t, test.status)}}.Previews()[0]
			got := string(p.Ready)
			if p.Message != "" {
				got += " " + p.Message
			}
			if got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
			if p.Created == nil {
				t.Error("nobody knows when it was made")
			}
		})
	}
}

func TestPreviewsThatAreOnlyInTheInventory(t *testing.T) {
	leaving := withInventory(set("api-pr-envs", "api-prs/1"), "api-prs/1", "api-prs/9")
	leaving.Status.PreviewCounts = &v1.PreviewCounts{Total: 1, Listed: 1}
	previews := chain.Snapshot{Sets: []v1.ResourceSet{leaving}}.Previews()
	if len(previews) != 2 || previews[1].ID != "9" || previews[1].Ready != "Unknown" || previews[1].Reason != "Terminating" {
		t.Errorf("one that is torn down is not told: %+v", previews)
	}
	many := withInventory(set("api-pr-envs", "api-prs/1"), "api-prs/1", "api-prs/9")
	many.Status.PreviewCounts = &v1.PreviewCounts{Total: 2, Listed: 1}
	previews = chain.Snapshot{Sets: []v1.ResourceSet{many}}.Previews()
	if len(previews) != 2 || previews[1].ID != "9" || previews[1].Ready != "True" {
		t.Errorf("one that the status has no room for is not told: %+v", previews)
	}
}

func TestAPermutationHasWhatItsInputsTell(t *testing.T) {
	value := func(text string) *apiextensionsv1.JSON { return &apiextensionsv1.JSON{Raw: []byte(`"` + text + `"`)} }
	provider := v1.ResourceSetInputProvider{}
	provider.Namespace, provider.Name = "app-dev", "api-prs"
	provider.Status.ExportedInputs = []v1.ResourceSetInput{{"id": value("12"), "branch": value("feature"), "sha": value("c0ffee"), "author": value("ada")}}
	s := set("regions", "regions=eu/api-prs=12/869142653")
	p := chain.Snapshot{Sets: []v1.ResourceSet{s}, Providers: []v1.ResourceSetInputProvider{provider}}.Previews()[0]
	if p.Branch != "feature" || p.Commit != "c0ffee" || p.Author != "ada" {
		t.Errorf("it is %+v", p)
	}
}
