package diff_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/apply"
)

const folder = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {team: api}}
data: {a: b}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{selector: {matchLabels: {team: api}}}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "a-<< inputs.id >>"}}]
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: prs, labels: {team: api}}
spec: {type: GitHubPullRequest, url: "https://github.com/acme/api"}
`

// deploy applies manifests as kustomize-controller does: with the labels that it puts
// on what it deploys, under its name.
func deploy(t *testing.T, namespace, text string) {
	t.Helper()
	for _, object := range manifests(t, text) {
		labels := object.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels["kustomize.toolkit.fluxcd.io/name"] = "previews"
		labels["kustomize.toolkit.fluxcd.io/namespace"] = "flux-system"
		object.SetLabels(labels)
		applied(t, object, "kustomize-controller", namespace)
	}
}

func TestWhatFluxHasAppliedHasNoDifference(t *testing.T) {
	namespace := server.Namespace(t)
	deploy(t, namespace, folder)
	unchanged(t, namespace)
}

func TestLabelsAndFieldsOfOthersAreNoDifference(t *testing.T) {
	namespace := server.Namespace(t)
	deploy(t, namespace, folder)
	for manager, label := range map[string]string{"a-scanner": "scanned", "z-scanner": "seen"} {
		other := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}}
		other.SetName("settings")
		other.SetLabels(map[string]string{"example.com/" + label: "yes"})
		other.SetAnnotations(map[string]string{"example.com/" + label: "yes"})
		applied(t, other, manager, namespace)
	}
	unchanged(t, namespace)
}

func unchanged(t *testing.T, namespace string) {
	t.Helper()
	result := compared(t, namespace, folder)
	for _, change := range result.Changes {
		t.Errorf("it would change:\n%s", change.Unified())
	}
	if len(result.Failed) > 0 {
		t.Error(result.Failed)
	}
}

func TestWhatIsTakenOutOfAFileThatFluxAppliesIsADifference(t *testing.T) {
	namespace := server.Namespace(t)
	deploy(t, namespace, folder)
	result := compared(t, namespace, strings.Replace(folder, ", labels: {team: api}", "", 1))
	if len(result.Changes) != 1 || result.Changes[0].Action() != apply.Configured {
		t.Fatalf("there are %d changes: %v", len(result.Changes), result.Failed)
	}
	if text := result.Changes[0].Unified(); !strings.Contains(text, "-    team: api") || strings.Contains(text, "-    kustomize.toolkit") {
		t.Errorf("it shows\n%s", text)
	}
}
