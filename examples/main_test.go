// Package examples_test keeps the examples true: every object is admitted by a
// real API server, each ResourceSet is rendered as Eddy renders it, and what
// comes of it is built as Flux builds it, and checked.
package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// forge is one of the set-ups: its folder, and the CI file in it.
type forge struct{ folder, ci string }

var forges = []forge{
	{"azure-devops", "azure-pipelines.yml"},
	{"github", ".github/workflows/preview.yaml"},
	{"gitlab", "preview.gitlab-ci.yml"},
	{"gitea", ".gitea/workflows/preview.yaml"},
	{"bitbucket", "bitbucket-pipelines.yml"},
}

const (
	template = "clusters/eks/apps/api/pr-template"
	sha      = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
)

// read returns an example as text.
func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decode reads one YAML document strictly, so that no field is misspelt.
func decode[T any](t *testing.T, text string) *T {
	t.Helper()
	into := new(T)
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
	return into
}

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	return &unstructured.Unstructured{Object: *decode[map[string]any](t, text)}
}

// admitted asks the API server whether it takes the object, in a namespace that
// is there, without keeping it.
func admitted(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	server.Require(t)
	object = object.DeepCopy()
	namespaced, err := server.Client.IsObjectNamespaced(object)
	if err != nil {
		t.Fatal(err)
	}
	if namespaced {
		object.SetNamespace("default")
	}
	err = server.Client.Create(t.Context(), object, client.DryRunAll, client.FieldValidation("Strict"))
	if err != nil {
		t.Errorf("%s %s is refused: %v", object.GetKind(), object.GetName(), err)
	}
}

// manifests returns the YAML files below a folder that are objects for a
// cluster, by their path.
func manifests(t *testing.T, folder string) map[string]*unstructured.Unstructured {
	t.Helper()
	out := map[string]*unstructured.Unstructured{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".yaml") && entry.Name() != "kustomization.yaml" {
			out[path] = object(t, read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
