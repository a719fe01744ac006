package overlay_test

import (
	"context"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// widgets are two overlays with the same patch, of which one says how its lists merge.
const widgets = `
-- base/kustomization.yaml --
resources: [widget.yaml]
-- base/widget.yaml --
apiVersion: example.com/v1
kind: Widget
metadata: {name: api}
spec: {parts: [{name: a}]}
-- plain/kustomization.yaml --
resources: [../base]
patches: [{path: patch.yaml}]
-- plain/patch.yaml --
apiVersion: example.com/v1
kind: Widget
metadata: {name: api}
spec: {parts: [{name: b}]}
-- merging/kustomization.yaml --
resources: [../base]
openapi: {path: schema.json}
patches: [{path: patch.yaml}]
-- merging/patch.yaml --
apiVersion: example.com/v1
kind: Widget
metadata: {name: api}
spec: {parts: [{name: b}]}
-- merging/schema.json --
{"definitions": {"v1.Widget": {
  "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}],
  "properties": {"spec": {"properties": {"parts": {
    "type": "array", "items": {"type": "object"},
    "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}}}}}
`

func TestASchemaIsOfTheOverlayThatNamesItAlone(t *testing.T) {
	root := repository(t, widgets)
	for _, path := range []string{"plain", "merging", "plain", "merging"} {
		result, err := overlay.Build(context.Background(), root, path, kustomizev1.Kustomization{})
		if err != nil {
			t.Fatal(err)
		}
		parts, _, err := unstructured.NestedSlice(result.Objects[0].Object, "spec", "parts")
		if merged := len(parts) == 2; err != nil || merged != (path == "merging") {
			t.Errorf("%s: the parts are %v, %v", path, parts, err)
		}
	}
}
