package render_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/test/sample"
)

func TestMetadataOfAWrongTypeIsRefusedByName(t *testing.T) {
	for object, want := range map[string]string{
		`{apiVersion: v1, kind: A, metadata: {name: a, labels: [a]}}`:                             "metadata.labels that is a list: it must be a map of texts",
		`{apiVersion: v1, kind: A, metadata: {name: a, labels: text}}`:                            "metadata.labels that is a text: it must be a map of texts",
		`{apiVersion: v1, kind: A, metadata: {name: a, labels: {app: [a]}}}`:                      `metadata.labels["app"] that is a list: it must be a text`,
		`{apiVersion: v1, kind: A, metadata: {name: a, labels: {app: !!int 1}}}`:                  `metadata.labels["app"] that is a number: it must be a text`,
		`{apiVersion: v1, kind: A, metadata: {name: a, annotations: {app: {a: b}}}}`:              `metadata.annotations["app"] that is a map`,
		`{apiVersion: v1, kind: A, metadata: {name: a, annotations: 3}}`:                          "metadata.annotations that is a number",
		`{apiVersion: v1, kind: A, metadata: [a]}`:                                                "metadata that is a list: it must be a map",
		`{apiVersion: v1, kind: A, metadata: a}`:                                                  "metadata that is a text: it must be a map",
		`{apiVersion: v1, kind: A, metadata: {name: [a]}}`:                                        "metadata.name that is a list: it must be a text",
		`{apiVersion: v1, kind: A, metadata: {name: a, namespace: {a: b}}}`:                       "metadata.namespace that is a map",
		`{apiVersion: v1, kind: A, metadata: {name: a, generateName: 3}}`:                         "metadata.generateName that is a number",
		`{apiVersion: v1, kind: A, metadata: {name: a, finalizers: a}}`:                           "metadata.finalizers that is a text: it must be a list",
		`{apiVersion: v1, kind: A, metadata: {name: a, finalizers: [1]}}`:                         "metadata.finalizers[0] that is a number",
		`{apiVersion: v1, kind: A, metadata: {name: a, ownerReferences: [a]}}`:                    "metadata.ownerReferences[0] that is a text: it must be a map",
		`{apiVersion: v1, kind: A, metadata: {name: a, ownerReferences: [{name: a, uid: 3}]}}`:    "metadata.ownerReferences[0].uid that is a number",
		`{apiVersion: v1, kind: A, metadata: {name: a, ownerReferences: [{controller: "true"}]}}`: "metadata.ownerReferences[0].controller that is a text",
		`{apiVersion: 1, kind: A, metadata: {name: a}}`:                                           "apiVersion that is a number",
		`{apiVersion: v1, kind: [A], metadata: {name: a}}`:                                        "kind that is a list",
		`{apiVersion: a/b/c, kind: A, metadata: {name: a}}`:                                       `the apiVersion "a/b/c"`,
		`{apiVersion: apps/, kind: A, metadata: {name: a}}`:                                       `the apiVersion "apps/"`,
	} {
		for _, spec := range []string{"resources: [" + object + "]", "resourcesTemplate: '" + strings.ReplaceAll(object, "'", "''") + "'",
			"resourcesTemplate: '{apiVersion: v1, kind: List, items: [" + object + "]}'"} {
			if strings.Contains(spec, "resources: [") && strings.Contains(object, "!!int") {
				continue // it is stored as JSON
			}
			_, err := one(t, spec, sample.Input("id", "1"))
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "spec.resources") {
				t.Errorf("%s\n got %v\nwant %s", spec, err, want)
			}
		}
	}
}

// YAML's numbers are texts where the API wants texts; what is null is not there.
func TestMetadataThatTheAPIServerTakesIsKept(t *testing.T) {
	got, err := one(t, `
resourcesTemplate: |
  apiVersion: v1
  kind: A
  metadata: {name: 12, namespace: 7, annotations: {a: 1, b: true, c: << inputs.n >>}, finalizers: null, creationTimestamp: null, generation: 3, ownerReferences: []}
`, sample.Input("id", "1", "n", int64(3)))
	for _, want := range []string{`name: "12"`, `namespace: "7"`, `a: "1"`, `b: "true"`, `c: "3"`, "generation: 3"} {
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s%v", want, got, err)
		}
	}
}

// An input that is left empty must not take an object away without a word.
func TestAnEmptyNameIsRefused(t *testing.T) {
	for _, template := range []string{"{apiVersion: v1, kind: A, metadata: {name: << inputs.slug >>}}", "{apiVersion: << inputs.slug >>, kind: A, metadata: {name: a}}"} {
		_, err := one(t, "resourcesTemplate: '"+template+"'", sample.Input("id", "1", "slug", ""))
		if err == nil || !strings.Contains(err.Error(), "fill it in") {
			t.Errorf("%s: %v", template, err)
		}
	}
}
