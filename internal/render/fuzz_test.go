package render_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/render"
)

// everywhere puts a title in each kind of place that a resource has.
const everywhere = `
spec:
  resources:
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a
      annotations:
        title: << inputs.title >>
        quoted: << inputs.title | quote >>
        single: << squote inputs.title >>
        variable: << $t := inputs.title >><< $t >>
        flow: << if eq inputs.title "" >><< inputs.title >><< else >><< inputs.title >><< end >>
    data:
      fixed: "yes"
      whole: << inputs.title >>
      mixed: "PR: << inputs.title >>!"
      block: |
        first
        [<< inputs.title >>]
        last
    spec:
      fixed: 1
      items:
      - << inputs.title | quote >>
      - fixed
      - {name: << inputs.title >>}
      keys:
        key-<< inputs.title >>: 1
`

func FuzzResourcesTextIsData(f *testing.F) {
	for _, title := range append(refused, hostile...) {
		f.Add(title)
	}
	program, err := render.Compile(parseSet(f, everywhere))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title string) {
		preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "title": title}))
		if isRefused(title) {
			wantRefusal(t, err)
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", title, err)
		}
		want := map[string]any{
			"apiVersion": "v1",
			"kind":       "ConfigMap",
			"metadata": map[string]any{
				"name": "a",
				"annotations": map[string]any{
					"title": title, "quoted": title, "single": title, "variable": title, "flow": title,
				},
			},
			"data": map[string]any{
				"fixed": "yes", "whole": title, "mixed": "PR: " + title + "!", "block": "first\n[" + title + "]\nlast\n",
			},
			"spec": map[string]any{
				"fixed": int64(1),
				"items": []any{title, "fixed", map[string]any{"name": title}},
				"keys":  map[string]any{"key-" + title: int64(1)},
			},
		}
		wantObject(t, preview, want)
	})
}

// everywhereTemplate puts a title in each kind of place that a document has.
const everywhereTemplate = `
spec:
  resourcesTemplate: |
    # << inputs.title >>
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a
      annotations: {flow: << inputs.title >>, quoted: << inputs.title | quote >>} # << inputs.title >>
      labels:
        << inputs.labels | toYaml | nindent 4 >>
        fixed: "yes"
    data:
      plain: << inputs.title >>
      double: "<< inputs.title >>"
      single: '<< inputs.title >>'
      json: << inputs.title | toJson >>
      block: |
        << inputs.title >>
      folded: >-
        << inputs.title >>
      config: |
        {"title": << inputs.title | toJson >>}
      chomped: |-
        << toJson inputs.title >>
      <<- range $i, $t := inputs.titles >>
      list-<< $i >>: << $t >>
      <<- end >>
`

func FuzzResourcesTemplateTextIsData(f *testing.F) {
	for _, title := range append(refused, hostile...) {
		f.Add(title)
	}
	f.Add("\u0085#") // a line break and a comment in YAML, in the midst of a text
	program, err := render.Compile(parseSet(f, everywhereTemplate))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title string) {
		preview, err := program.Render(t.Context(), inputSet(0, map[string]any{
			"id": "7", "title": title, "titles": []any{title, title}, "labels": map[string]any{"title": title},
		}))
		if isRefused(title) {
			wantRefusal(t, err)
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", title, err)
		}
		want := map[string]any{
			"apiVersion": "v1",
			"kind":       "ConfigMap",
			"metadata": map[string]any{
				"name":        "a",
				"annotations": map[string]any{"flow": title, "quoted": title},
				"labels":      map[string]any{"title": title, "fixed": "yes"},
			},
			"data": map[string]any{
				"plain": title, "double": title, "single": title, "json": title,
				"block": title + "\n", "folded": title, "list-0": title, "list-1": title,
				"config": `{"title": ` + inJSON(t, title) + "}\n", "chomped": inJSON(t, title),
			},
		}
		wantObject(t, preview, want)
	})
}

// plainEverywhere puts a value where YAML decides what it is.
const plainEverywhere = `
spec:
  resources:
  - apiVersion: example.com/v1
    kind: Thing
    metadata:
      name: a-<< inputs.value >>
    spec:
      bare: << inputs.value >>
      quoted: << inputs.value | quote >>
      single: << squote inputs.value >>
      mixed: v-<< inputs.value >>/<< inputs.value >>
      colon: "x: << inputs.value >>"
      twice: << inputs.value >><< inputs.value >>
      spaced: << inputs.value >> << inputs.empty >>
      items:
      - << inputs.value >>
      - << inputs.value | upper | trunc 5 >>
      key-<< inputs.value >>: << if hasPrefix "1" inputs.value >>1<< else >>x<< end >>
      long: word word word word word word word << inputs.value >> word word word word word word word word << inputs.value >> word word
      lines: |
        << inputs.value >>
        << inputs.value | nindent 4 >>
      slug: << slugify inputs.value >>
      map: << dict "a" inputs.value "b" (list 1 inputs.value) | toYaml | nindent 6 >>
      json: << list inputs.value | toJson >>
`

var harmless = regexp.MustCompile(`^[A-Za-z0-9._/@+-]+$`)

func FuzzPlainValuesRenderAsWholeText(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
	for _, value := range []string{"1234", "c0ffee", "feature/x", "v1.2.3", "0", "-0", "1.0", "1.50", "0o17", "0b1", "1e3", "12345678901234567890", ".nan"} {
		f.Add(value)
	}
	set := parseSet(f, plainEverywhere)
	program, err := render.Compile(set)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !harmless.MatchString(value) {
			t.Skip("not a harmless value")
		}
		values := map[string]any{"id": "7", "value": value, "empty": ""}
		want, err := wholeText(set, values)
		if err != nil {
			t.Skip("the peer cannot render it")
		}
		preview, err := program.Render(t.Context(), inputSet(0, values))
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		wantObject(t, preview, want.Object)
	})
}

// inJSON writes a text as toJson does.
func inJSON(t *testing.T, text string) string {
	t.Helper()
	written, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

func wantRefusal(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), `input "7" of `) || !strings.Contains(err.Error(), "inputs.") {
		t.Fatalf("the refusal does not name the input and its field: %v", err)
	}
}

// wantObject compares the one object of a preview, but for the owner's labels.
func wantObject(t *testing.T, preview render.Preview, want map[string]any) {
	t.Helper()
	if len(preview.Objects) != 1 {
		t.Fatalf("there are %d objects", len(preview.Objects))
	}
	got := preview.Objects[0].Object
	labels := preview.Objects[0].GetLabels()
	for label := range labels {
		if strings.HasPrefix(label, "resourceset.") {
			delete(labels, label)
		}
	}
	preview.Objects[0].SetLabels(labels)
	if len(labels) == 0 {
		delete(got["metadata"].(map[string]any), "labels")
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("rendered\n%#v\nwant\n%#v", got, want)
	}
}
