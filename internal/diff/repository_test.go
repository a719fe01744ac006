package diff_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/kustomize"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"github.com/rogpeppe/go-internal/txtar"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/diff"
	"github.com/eddy-previews/eddy/internal/object"
)

// fleet is a repository, in which NAMESPACE is the test's.
const fleet = `
-- previews/kustomization.yaml --
resources: [settings.yaml, app.yaml, resourceset.yaml]
configMapGenerator: [{name: generated, literals: [a=b], options: {disableNameSuffixHash: true}}]
-- previews/settings.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {host: "api.${domain}", level: "${level:=info}", nothing: "${unset}", own: "${own}"}
-- previews/app.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: registry.example.com/app}]}
-- previews/resourceset.yaml --
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec: {resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: stamped}}]}
-- more/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [more.yaml]
-- more/more.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: more}
-- plain/one.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
-- plain/below/two.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
`

// additions is a Kustomization that adds what one can.
const additions = `
path: ./previews
namePrefix: a-
nameSuffix: -z
commonMetadata: {labels: {team: api}, annotations: {example.com/by: flux}}
components: [../more]
images: [{name: registry.example.com/app, newTag: v1}]
patches:
- target: {kind: Deployment}
  patch: |
    - {op: add, path: /spec/replicas, value: 3}
postBuild:
  substitute: {own: yes-it-is}
  substituteFrom: [{kind: ConfigMap, name: variables}, {kind: Secret, name: secrets}, {kind: Secret, name: nobody, optional: true}]
`

// world is a repository that a Kustomization has deployed.
type world struct{ root, namespace, name string }

// deployed has the API server hold a Kustomization, and what Flux makes of it: by
// Flux's own library, in a copy of the repository, and under its name.
func deployed(t *testing.T, spec string) world {
	t.Helper()
	w := world{root: t.TempDir(), namespace: server.Namespace(t), name: "previews"}
	copied := t.TempDir()
	for _, file := range txtar.Parse([]byte(strings.ReplaceAll(fleet, "NAMESPACE", w.namespace))).Files {
		for _, root := range []string{w.root, copied} {
			path := filepath.Join(root, file.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, file.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	meta := metav1.ObjectMeta{Namespace: w.namespace, Name: "variables"}
	if err := server.Client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"domain": "example.com", "own": "not-so"}}); err != nil {
		t.Fatal(err)
	}
	meta.Name = "secrets"
	if err := server.Client.Create(t.Context(), &corev1.Secret{ObjectMeta: meta, StringData: map[string]string{"domain": "preview.example.com"}}); err != nil {
		t.Fatal(err)
	}
	ks := w.kustomization(t, spec)
	objects := w.asFlux(t, copied, ks)
	var entries []any
	for _, o := range objects {
		applied(t, o, "kustomize-controller", w.namespace)
		o.SetNamespace(w.namespace)
		entries = append(entries, map[string]any{"id": object.RefOf(o).ID(), "v": o.GroupVersionKind().Version})
	}
	if err := unstructured.SetNestedSlice(ks.Object, entries, "status", "inventory", "entries"); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Status().Update(t.Context(), ks); err != nil {
		t.Fatal(err)
	}
	return w
}

// kustomization creates one.
func (w world) kustomization(t *testing.T, spec string) *unstructured.Unstructured {
	t.Helper()
	ks := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}}
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(spec, "NAMESPACE", w.namespace)), &fields); err != nil {
		t.Fatal(err)
	}
	maps.Copy(fields, map[string]any{"targetNamespace": w.namespace, "interval": "10m", "prune": true, "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"}})
	ks.Object["spec"] = fields
	ks.SetNamespace(w.namespace)
	ks.SetName(w.name)
	if err := server.Client.Create(t.Context(), ks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // another test deploys the same path
		if err := server.Client.Delete(context.Background(), ks); err != nil {
			t.Error(err)
		}
	})
	return ks
}

// asFlux builds what kustomize-controller applies, as it does.
func (w world) asFlux(t *testing.T, root string, ks *unstructured.Unstructured) []*unstructured.Unstructured {
	t.Helper()
	path, _, _ := unstructured.NestedString(ks.Object, "spec", "path")
	dir := filepath.Join(root, path)
	if _, err := kustomize.NewGenerator(root, *ks).WriteFile(dir); err != nil {
		t.Fatal(err)
	}
	built, err := kustomize.SecureBuild(root, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, res := range built.Resources() {
		if build, has, _ := unstructured.NestedMap(ks.Object, "spec", "postBuild"); has {
			always := kustomize.SubstituteWithAlways(build["substituteStrategy"] == "Always")
			if _, err := kustomize.SubstituteVariables(t.Context(), server.Client, *ks, res, always); err != nil {
				t.Fatal(err)
			}
		}
		text, err := res.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, manifests(t, string(text))...)
	}
	labels, _, _ := unstructured.NestedStringMap(ks.Object, "spec", "commonMetadata", "labels")
	annotations, _, _ := unstructured.NestedStringMap(ks.Object, "spec", "commonMetadata", "annotations")
	ssautil.SetCommonMetadata(out, labels, annotations)
	ssautil.SetCommonMetadata(out, map[string]string{"kustomize.toolkit.fluxcd.io/name": w.name, "kustomize.toolkit.fluxcd.io/namespace": w.namespace}, nil)
	return out
}

// diffOf compares a file or folder of the repository.
func (w world) diffOf(t *testing.T, path string, named types.NamespacedName) (diff.Result, []string) {
	t.Helper()
	var warned []string
	ignored := diff.Ignored{}
	repository := diff.Repository{Client: server.Client, Root: w.root, Named: named, Warn: func(format string, _ ...any) { warned = append(warned, format) }, Ignored: ignored}
	read, err := repository.Read(t.Context(), path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	differ := diff.Differ{Client: server.Client, Kinds: kinds(), Namespace: w.namespace, Ignored: ignored}
	result, err := differ.Compare(t.Context(), read)
	if err != nil {
		t.Fatal(err)
	}
	return result, warned
}

// isClean says what a result would change.
func isClean(t *testing.T, path string, result diff.Result, warned []string) {
	t.Helper()
	changes := result.Changes
	for _, change := range changes {
		if change.Ref.Name == "stamped" { // no operator has stamped it out
			continue
		}
		t.Errorf("%s: it would change:\n%s", path, change.Unified())
	}
	if len(result.Failed) > 0 || len(warned) > 0 {
		t.Error(path, result.Failed, warned)
	}
}

func TestWhatFluxAddsIsNoDifference(t *testing.T) {
	for name, spec := range map[string]string{
		"everything":        additions,
		"a namespace":       "path: ./previews\n",
		"labels":            "path: ./previews\ncommonMetadata: {labels: {team: api}, annotations: {a: b}}\n",
		"patches":           "path: previews\npatches: [{target: {kind: ConfigMap, name: settings}, patch: '- {op: add, path: /data/more, value: x}'}]\n",
		"images":            "path: /previews/\nimages: [{name: registry.example.com/app, newName: registry.example.com/other, digest: 'sha256:" + strings.Repeat("a", 64) + "'}]\n",
		"a name":            "path: ./previews\nnamePrefix: a-\nnameSuffix: -z\n",
		"components":        "path: ./previews\ncomponents: [../more]\n",
		"variables":         "path: ./previews\npostBuild: {substitute: {domain: preview.example.com}}\n",
		"variables of both": "path: ./previews\npostBuild: {substituteFrom: [{kind: ConfigMap, name: variables}, {kind: Secret, name: secrets}]}\n",
		"their defaults":    "path: ./previews\npostBuild: {substituteStrategy: Always}\n",
		"a folder below":    "path: ./plain\nnamePrefix: a-\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := deployed(t, spec)
			paths := []string{"previews", "previews/app.yaml", "previews/settings.yaml", "previews/resourceset.yaml"}
			if strings.Contains(spec, "plain") {
				paths = []string{"plain", "plain/one.yaml", "plain/below", "plain/below/two.yaml"}
			}
			for _, path := range paths {
				result, warned := w.diffOf(t, path, types.NamespacedName{})
				isClean(t, path, result, warned)
			}
			last := paths[len(paths)-1]
			result, warned := w.diffOf(t, last, types.NamespacedName{Namespace: w.namespace, Name: w.name})
			isClean(t, last, result, warned)
		})
	}
}

func TestAChangeIsShownAsFluxWouldMakeIt(t *testing.T) {
	w := deployed(t, additions)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(w.root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("previews/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {host: \"web.${domain}\"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n")
	result, warned := w.diffOf(t, "previews/settings.yaml", types.NamespacedName{})
	if len(result.Changes) != 2 || len(result.Failed) > 0 || len(warned) > 0 {
		t.Fatalf("there are %d changes: %v, %v", len(result.Changes), result.Failed, warned)
	}
	for _, change := range result.Changes {
		text := change.Unified()
		switch {
		case change.Ref.Name == "a-new-z" && change.Action() == apply.Created:
			if !strings.Contains(text, "team: api") || !strings.Contains(text, "kustomize.toolkit.fluxcd.io/name: previews") {
				t.Errorf("it shows\n%s", text)
			}
		case change.Ref.Name == "a-settings-z" && change.Action() == apply.Configured:
			if !strings.Contains(text, "+  host: web.preview.example.com") || strings.Contains(text, "-    team") {
				t.Errorf("it shows\n%s", text)
			}
		default:
			t.Errorf("%s is %s", change.Ref, change.Action())
		}
	}
}

func TestWhatManyKustomizationsDeployIsComparedAsOneThatIsNamed(t *testing.T) {
	w := deployed(t, additions)
	other := w
	other.name = "others"
	ks := other.kustomization(t, additions)
	if err := unstructured.SetNestedSlice(ks.Object, []any{map[string]any{"id": w.namespace + "_a-settings-z__ConfigMap", "v": "v1"}}, "status", "inventory", "entries"); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Status().Update(t.Context(), ks); err != nil {
		t.Fatal(err)
	}
	warned := ""
	repository := diff.Repository{Client: server.Client, Root: w.root, Warn: func(format string, args ...any) { warned += fmt.Sprintf(format, args...) }}
	if _, err := repository.Read(t.Context(), "previews"); !errors.Is(err, diff.ErrNotDeployed) || !strings.Contains(warned, "2 Kustomizations deploy previews, such as "+w.namespace+"/") {
		t.Errorf("it is %v, and warns %q", err, warned)
	}
	result, _ := w.diffOf(t, "previews", types.NamespacedName{Namespace: w.namespace, Name: w.name})
	isClean(t, "previews", result, nil)
}

// A Kustomization may read a Secret that who compares may not.
func TestWhatAKustomizationAddsIsNotGuessed(t *testing.T) {
	w := deployed(t, additions)
	if err := server.Client.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "secrets"}}); err != nil {
		t.Fatal(err)
	}
	warned := ""
	repository := diff.Repository{Client: server.Client, Root: w.root, Warn: func(format string, args ...any) { warned += fmt.Sprintf(format, args...) }}
	if _, err := repository.Read(t.Context(), "previews"); !errors.Is(err, diff.ErrNotDeployed) || !strings.Contains(warned, "Secret/secrets") || !strings.Contains(warned, "is not known, and not compared") {
		t.Errorf("it is %v, and warns %q", err, warned)
	}
	repository.Named = types.NamespacedName{Namespace: w.namespace, Name: w.name}
	if _, err := repository.Read(t.Context(), "previews"); err == nil || !strings.Contains(err.Error(), "Secret/secrets") {
		t.Errorf("named, it is %v", err)
	}
}
