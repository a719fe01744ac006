package manifest_test

import (
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
)

const file = `# a comment
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  resources:
    - apiVersion: v1
      kind: ConfigMap
--- # nothing but a comment
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: second
`

func TestEachFieldKnowsItsLine(t *testing.T) {
	documents, err := manifest.Parse("a.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != 2 {
		t.Fatalf("there are %d documents", len(documents))
	}
	first, second := documents[0], documents[1]
	for _, test := range []struct{ claim, got, want string }{
		{"a field", first.Position(first.At("kind")).String(), "a.yaml:4:7"},
		{"an item of a list", first.Position(first.Field("spec.resources[0].kind")).String(), "a.yaml:9:13"},
		{"as much of a path as there is", first.Position(first.Field("spec.resources[0].data.x")).String(), "a.yaml:8:7"},
		{"a later document", second.Position(second.At("metadata", "name")).String(), "a.yaml:15:9"},
		{"a file as a whole", second.Position(second.At("nothing")).String(), "a.yaml"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %s, want %s", test.claim, test.got, test.want)
		}
	}
	if !first.Is(v1.Group, v1.ResourceSetKind) || second.Object.GetName() != "second" {
		t.Errorf("the documents are %v and %v", first.Object, second.Object)
	}
}

func TestWhatIsWrongIsToldWithLineAndColumn(t *testing.T) {
	for _, test := range []struct{ claim, text, want string }{
		{"half-written", "a: b\nmetadata: {name: previews\n", `x.yaml:2:11: could not find flow mapping end token '}'`},
		{"in a later document", "a: b\n---\nhosts: [api-{PR}.com]\n", `x.yaml:3:13: ',' or ']' must be specified`},
		{"a variable without quotes", "hosts: [api-${PR}.com]\n", `x.yaml:1:14: ${…} inside [...] or {...} needs quotes around its text: YAML takes the brace for its own`},
		{"a tab", "a:\n\t- b\n", "x.yaml:2:1: found character '\t' that cannot start any token"},
		{"a key twice", "a: 1\na: 2\n", `x.yaml:2:1: mapping key "a" already defined at [1:1]`},
		{"no object", "- a\n", "x.yaml:1:1: expected an object, with keys such as apiVersion and kind"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			if _, err := manifest.Parse("x.yaml", []byte(test.text)); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestAFieldThatDoesNotExistIsNamedWithItsPlace(t *testing.T) {
	documents, err := manifest.Parse("x.yaml", []byte("kind: ResourceSet\nspec:\n  resource: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = documents[0].Decode(&v1.ResourceSet{})
	if err == nil || err.Error() != `x.yaml:3:3: unknown field "spec.resource"` {
		t.Errorf("got %v", err)
	}
	err = documents[0].Expect("ResourceSets")
	if err == nil || err.Error() != `x.yaml:1:7: found a ResourceSet; expected ResourceSets; did you mean "ResourceSets"?` {
		t.Errorf("got %v", err)
	}
}
