package cli

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What is above an object in a file of YAML is a comment, whatever a request is
// called that it was stamped out for.
func TestACommentStaysOne(t *testing.T) {
	var out bytes.Buffer
	from := "stamped by ResourceSet a/b for c\nkind: Evil\x1b[2J"
	object := tracedObject{from: from}
	object.Unstructured = configMap()
	if err := printYAML(&out, []tracedObject{object}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "---\n# stamped by ResourceSet a/b for c kind: Evil\uFFFD[2J\napiVersion: v1\n") {
		t.Errorf("got %q", out.String())
	}
}

func configMap() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}}
}
