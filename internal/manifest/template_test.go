package manifest_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/manifest"
)

const templated = `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  resources:
    - apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a-<< inputs.id >>
  resourcesTemplate: |

    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: ns-<< inputs.id >>
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: first-<< inputs.id >>
      <<- if inputs.label >>
      labels:
        by: << inputs.author | quote >>
      <<- end >>
    data:
      << inputs.all | toYaml | nindent 6 >>
    ---
    <<- range $n := inputs.names >>
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: << $n >>-more
    data: {a: << $n | quote >>, b: c}
    <<- end >>
`

func TestWhereATemplateGivesAnObjectAFieldIsTheLineInIt(t *testing.T) {
	documents, err := manifest.Parse("a.yaml", []byte(templated))
	if err != nil {
		t.Fatal(err)
	}
	object := func(kind, name string) *unstructured.Unstructured {
		out := &unstructured.Unstructured{Object: map[string]any{}}
		out.SetKind(kind)
		out.SetName(name)
		return out
	}
	const text = "spec.resourcesTemplate"
	for _, test := range []struct {
		claim, field string
		object       *unstructured.Unstructured
		part         manifest.Part
		path         []any
		want         string
	}{
		{"a template that is YAML itself", "spec.resources[0]", object("ConfigMap", "a-1"), manifest.Value, []any{"metadata", "name"}, "a.yaml:9:15"},
		{"the first of a text", text, object("Namespace", "ns-1"), manifest.Value, []any{"metadata", "name"}, "a.yaml:16:13"},
		{"the one whose name it may be", text, object("ConfigMap", "first-1"), manifest.Value, []any{"metadata", "labels", "by"}, "a.yaml:24:13"},
		{"its key", text, object("ConfigMap", "first-1"), manifest.Key, []any{"metadata", "labels"}, "a.yaml:23:7"},
		{"as much as is written down", text, object("ConfigMap", "first-1"), manifest.Value, []any{"metadata", "namespace"}, "a.yaml:21:7"},
		{"one in a loop", text, object("ConfigMap", "x-more"), manifest.Value, []any{"data", "b"}, "a.yaml:35:36"},
		{"one that nothing there makes is the text", text, object("Secret", "x"), manifest.Value, []any{"data"}, "a.yaml:10:22"},
	} {
		if got := documents[0].Stamped(test.field, test.object, test.part, test.path...).String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.claim, got, test.want)
		}
	}
}
