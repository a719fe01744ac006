package diff_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestWhatFluxIgnoresIsNoDifference holds for what somebody else changes of an object
// that Flux has applied, and leaves to them.
func TestWhatFluxIgnoresIsNoDifference(t *testing.T) {
	const replicas = "path: ./previews\npatches: [{target: {kind: Deployment}, patch: '- {op: add, path: /spec/replicas, value: 3}'}]\n"
	for name, spec := range map[string]string{
		"of a kind":       replicas + "ignore: [{paths: [/spec/replicas], target: {kind: Deployment}}]\n",
		"of any object":   replicas + "ignore: [{paths: [/spec/replicas, /data/none]}]\n",
		"by a name":       replicas + "ignore: [{paths: [/spec/replicas], target: {name: a.*}}]\n",
		"of what it adds": "path: ./previews\nignore: [{paths: [/spec/replicas]}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := deployed(t, spec)
			w.scale(t)
			result, warned := w.diffOf(t, "previews/app.yaml", types.NamespacedName{})
			isClean(t, "previews/app.yaml", result, warned)
		})
	}
	t.Run("and what it does not ignore is one", func(t *testing.T) {
		w := deployed(t, replicas+"ignore: [{paths: [/spec/replicas], target: {kind: StatefulSet}}]\n")
		w.scale(t)
		result, _ := w.diffOf(t, "previews/app.yaml", types.NamespacedName{})
		if len(result.Changes) != 1 || !strings.Contains(result.Changes[0].Unified(), "+  replicas: 3") {
			t.Errorf("there are %d changes", len(result.Changes))
		}
	})
	t.Run("beside what it ignores a change is shown", func(t *testing.T) {
		w := deployed(t, replicas+"ignore: [{paths: [/spec/replicas]}]\n")
		w.scale(t)
		path := filepath.Join(w.root, "previews", "app.yaml")
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(strings.Replace(string(text), "example.com/app}", "example.com/app:v2}", 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		result, _ := w.diffOf(t, "previews/app.yaml", types.NamespacedName{})
		if len(result.Changes) != 1 {
			t.Fatalf("there are %d changes: %v", len(result.Changes), result.Failed)
		}
		if shown := result.Changes[0].Unified(); !strings.Contains(shown, "app:v2") || strings.Contains(shown, "replicas") {
			t.Errorf("it shows\n%s", shown)
		}
	})
}

// scale does what an autoscaler does.
func (w world) scale(t *testing.T) {
	t.Helper()
	app := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment"}}
	app.SetNamespace(w.namespace)
	app.SetName("app")
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":7}}`))
	if err := server.Client.Patch(t.Context(), app, patch, client.FieldOwner("autoscaler")); err != nil {
		t.Fatal(err)
	}
}

// Fields that somebody else has added stay theirs, with and without that Flux is told
// to merge: it takes fields of kubectl alone away, at its next run.
func TestWhatFluxMergesIsNoDifference(t *testing.T) {
	for _, how := range []string{"Merge", "IfNotPresent", "Ignore"} {
		t.Run(how, func(t *testing.T) {
			w := deployed(t, "path: ./previews\npatches: [{target: {name: settings}, patch: '- {op: add, path: /metadata/annotations, value: {kustomize.toolkit.fluxcd.io/ssa: "+how+"}}'}]\n")
			settings := &corev1.ConfigMap{}
			settings.Name, settings.Namespace = "settings", w.namespace
			patch := client.RawPatch(types.MergePatchType, []byte(`{"data":{"more":"by hand"}}`))
			if err := server.Client.Patch(t.Context(), settings, patch, client.FieldOwner("kubectl-edit")); err != nil {
				t.Fatal(err)
			}
			result, warned := w.diffOf(t, "previews", types.NamespacedName{})
			isClean(t, "previews", result, warned)
		})
	}
}
