package preview_test

import (
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
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
			p := preview.Snapshot{Sets: []v1.ResourceSet{s}, Deployers: []unstructured.Unstructured{deployer(t, test.status)}}.Previews()[0]
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
	exports := func(ids ...string) []v1.ResourceSetInputProvider {
		provider := v1.ResourceSetInputProvider{}
		provider.Namespace, provider.Name = "app-dev", "api-prs"
		provider.Status.LastExportedRevision = "sha256:1"
		for _, id := range ids {
			provider.Status.ExportedInputs = append(provider.Status.ExportedInputs,
				v1.ResourceSetInput{"id": &apiextensionsv1.JSON{Raw: []byte(`"` + id + `"`)}})
		}
		return []v1.ResourceSetInputProvider{provider}
	}
	ready := func(s *v1.ResourceSet, status metav1.ConditionStatus, reason, message string) {
		s.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: status, Reason: reason, Message: message}}
	}
	now := metav1.Now()
	silent := exports()
	silent[0].Status.LastExportedRevision = ""
	for _, c := range []struct {
		name      string
		providers []v1.ResourceSetInputProvider
		change    func(*v1.ResourceSet)
		want      string
	}{
		{"no provider exports it", exports("1"), nil, "Unknown Terminating: no input asks for it any more: it is being torn down"},
		{"the set has let go of the provider", exports("1", "9"), func(s *v1.ResourceSet) { s.Spec.InputsFrom = nil },
			"Unknown Terminating: no input asks for it any more: it is being torn down"},
		{"the status has no room for it", exports("1", "9"), func(s *v1.ResourceSet) { s.Status.PreviewCounts.Total = 2 },
			"True ReconciliationSucceeded: "},
		{"its first run is under way", exports("1", "9"), nil, "Unknown Progressing: it is being applied for the first time"},
		{"its first run failed", exports("1", "9"), func(s *v1.ResourceSet) { ready(s, "False", "BuildFailed", "the template is wrong") },
			"False BuildFailed: it has not been applied yet: the template is wrong"},
		{"its provider does not exist", nil, nil, "Unknown InputsNotReady: its provider api-prs does not exist: what was deployed stays"},
		{"its provider has not spoken", silent, nil, "Unknown InputsNotReady: its provider api-prs has not reported yet: what was deployed stays"},
		{"the set is suspended", exports("1"), func(s *v1.ResourceSet) { s.Annotations = map[string]string{v1.ReconcileAnnotation: "disabled"} },
			"Unknown ReconciliationDisabled: the ResourceSet is suspended: what was deployed stays, and nothing is brought up to date"},
		{"the set is being deleted", exports("1", "9"), func(s *v1.ResourceSet) { s.DeletionTimestamp = &now },
			"Unknown Terminating: the ResourceSet is being deleted"},
		{"the set cannot be deleted", exports("1", "9"), func(s *v1.ResourceSet) {
			s.DeletionTimestamp = &now
			ready(s, "False", v1.ReasonUninstallationBlocked, "Uninstalling: ConfigMap/a may not be deleted")
		}, "Unknown Terminating: the ResourceSet is being deleted: Uninstalling: ConfigMap/a may not be deleted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := withInventory(set("api-pr-envs", "api-prs/1"), "api-prs/1", "api-prs/9")
			s.Spec.InputsFrom = []v1.InputProviderReference{{Name: "api-prs"}}
			s.Status.PreviewCounts = &v1.PreviewCounts{Total: 1, Listed: 1}
			if c.change != nil {
				c.change(&s)
			}
			previews := preview.Snapshot{Sets: []v1.ResourceSet{s}, Providers: c.providers}.Previews()
			if len(previews) != 2 || previews[1].ID != "9" {
				t.Fatalf("the previews are %+v", previews)
			}
			if got := string(previews[1].Ready) + " " + previews[1].Reason + ": " + previews[1].Message; got != c.want {
				t.Errorf("it is %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAPermutationHasWhatItsInputsTell(t *testing.T) {
	value := func(text string) *apiextensionsv1.JSON { return &apiextensionsv1.JSON{Raw: []byte(`"` + text + `"`)} }
	provider := v1.ResourceSetInputProvider{}
	provider.Namespace, provider.Name = "app-dev", "api-prs"
	provider.Status.ExportedInputs = []v1.ResourceSetInput{{"id": value("12"), "branch": value("feature"), "sha": value("c0ffee"), "author": value("ada"), "approvedBy": value("grace"), "approvedSHA": value("c0ffee")}}
	s := set("regions", "regions=eu/api-prs=12/869142653")
	s.Status.Previews[0].SHA = "c0ffee"
	p := preview.Snapshot{Sets: []v1.ResourceSet{s}, Providers: []v1.ResourceSetInputProvider{provider}}.Previews()[0]
	if p.Branch != "feature" || p.Commit != "c0ffee" || p.Author != "ada" || p.ApprovedBy != "grace" || p.ApprovedSHA != "c0ffee" {
		t.Errorf("it is %+v", p)
	}
}
