package overlay_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// What a repository knows of one Kustomization shows in none of another.
func TestKustomizationsOfOneFolderAreBuiltAsEachAlone(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"kustomization.yaml": "resources: [a.yaml, b.yaml, c.yaml]\n",
		"a.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"a-${A}\"}\ndata: {x: \"${B:=none}\", y: \"$${C}\"}\n",
		"b.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\ndata: {x: \"${A}\"}\n",
		"c.yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: ${A}}\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	of := func(spec kustomizev1.KustomizationSpec) kustomizev1.Kustomization {
		return kustomizev1.Kustomization{Spec: spec}
	}
	with := func(values map[string]string) kustomizev1.Kustomization {
		return of(kustomizev1.KustomizationSpec{PostBuild: &kustomizev1.PostBuild{Substitute: values}})
	}
	labelled := with(map[string]string{"A": "one"})
	labelled.Spec.CommonMetadata = &kustomizev1.CommonMetadata{Labels: map[string]string{"x": "y"}}
	all := []kustomizev1.Kustomization{
		with(map[string]string{"A": "one"}), with(map[string]string{"A": "one"}), with(map[string]string{"A": "two"}), labelled,
		with(map[string]string{"A": "one"}), with(map[string]string{"A": "one", "B": ""}), with(map[string]string{"A": "one", "B": "b"}),
		with(map[string]string{"A": "one", "not-a-name": "b"}), with(map[string]string{"B": "b"}), with(map[string]string{"A": "12"}), with(map[string]string{"A": "one\n"}),
		of(kustomizev1.KustomizationSpec{}), with(nil), of(kustomizev1.KustomizationSpec{NameSuffix: "-x"}), with(map[string]string{"A": "x: [y"}),
		with(map[string]string{"A": "one"}),
	}
	shared := overlay.Open(root)
	for n, ks := range all {
		got, err := shared.Build(t.Context(), ".", ks)
		want, wrong := overlay.Build(t.Context(), root, ".", ks)
		if !reflect.DeepEqual(got, want) || (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
			t.Errorf("Kustomization %d: got %v, %v; alone it is %v, %v", n, got, err, want, wrong)
		}
		for _, object := range got.Objects {
			object.SetName("changed by who asked for it")
		}
	}
}
