package render_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
)

func TestRenderingDoesNotChangeTheCallersInput(t *testing.T) {
	program := compile(t, `
spec:
  resourcesTemplate: |
    << $_ := set inputs "seen" "yes" >><< $_ := set inputs.nested "seen" "yes" >>
    {apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.seen >>-<< inputs.nested.seen >>}}
`)
	set := inputSet(0, map[string]any{"id": "1", "nested": map[string]any{"a": "b"}})
	preview, err := program.Render(t.Context(), set)
	if err != nil || preview.Objects[0].GetName() != "yes-yes" {
		t.Fatalf("rendered %v, %v", preview.Objects, err)
	}
	if want := map[string]any{"id": "1", "nested": map[string]any{"a": "b"}}; !reflect.DeepEqual(set.Values, want) {
		t.Errorf("the input became %v", set.Values)
	}
}

func TestRenderedObjectsShareNothing(t *testing.T) {
	program := compile(t, `
spec:
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: << inputs.id >>}, list: [{a: [b]}]}]
`)
	previews := all(t, program, []input.Set{inputSet(0, map[string]any{"id": "a"}), inputSet(1, map[string]any{"id": "b"})})
	list := previews[0].Objects[0].Object["list"].([]any)
	list[0].(map[string]any)["a"].([]any)[0] = "changed"
	if got := previews[1].Objects[0].Object["list"].([]any)[0].(map[string]any)["a"].([]any)[0]; got != "b" {
		t.Errorf("a change to one preview is seen in another: %v", got)
	}
}

func TestAProgramMayBeUsedFromManyGoroutines(t *testing.T) {
	program := compile(t, seedSet)
	var group sync.WaitGroup
	for _, id := range []string{"1", "2", "3", "4"} {
		group.Go(func() {
			for range 100 {
				preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": id, "sha": id}))
				if err != nil || preview.Objects[0].GetName() != "api-pr-"+id {
					t.Errorf("rendered %v, %v", preview.Objects, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestOneInputThatFailsHoldsUpNobody(t *testing.T) {
	program := compile(t, seedSet)
	previews := all(t, program, []input.Set{
		inputSet(0, map[string]any{"id": "1", "sha": "a"}),
		inputSet(1, map[string]any{"id": "2"}),
		inputSet(2, map[string]any{"id": "3", "sha": "c"}),
	})
	if first, third := len(previews[0].Objects), len(previews[2].Objects); first != 1 || third != 1 {
		t.Errorf("there are %d and %d objects, want 1 each", first, third)
	}
	failed := previews[1]
	var inputErr *render.InputError
	if !errors.As(failed.Err, &inputErr) || len(failed.Objects) > 0 {
		t.Errorf("the second preview has %d objects and the error %v", len(failed.Objects), failed.Err)
	}
}

// bare puts a value where the API may want anything.
const bare = `
spec:
  resources: [{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, value: << inputs.value >>}]
`

func TestABareValueIsWhatYAMLSaysItIs(t *testing.T) {
	for value, want := range map[string]any{
		"3": int64(3), "-1": int64(-1), "2.5": 2.5, "1e3": int64(1000), "0x1F": int64(31), "017": int64(15), "1_000": int64(1000),
		"true": true, "yes": true, "off": false, "": nil, "~": nil, "null": nil,
		"text": "text", "1.2.3": "1.2.3", "12:30:45": "12:30:45", "2024-01-01": "2024-01-01", ".inf": ".inf",
		// More than one scalar is a text.
		"a: b": "a: b", "3 # x": "3 # x", `"3"`: `"3"`, "[1]": "[1]", "{a: b}": "{a: b}", "*a": "*a", "&a 3": "&a 3",
		"!!int 3": "!!int 3", "- 3": "- 3", "-": "-", "---": "---", "...": "...", "3\n": "3\n", "\t3": "\t3", " 3": " 3",
	} {
		preview, err := compile(t, bare).Render(t.Context(), inputSet(0, map[string]any{"id": "1", "value": value}))
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		if got := preview.Objects[0].Object["value"]; got != want {
			t.Errorf("%q became %#v, want %#v", value, got, want)
		}
	}
}

func TestValuesThatAreNoTextAreWrittenAsTheyAre(t *testing.T) {
	for _, value := range []any{int64(7), 2.5, true, nil} {
		preview, err := compile(t, strings.Replace(bare, "inputs.value", "inputs.value | toJson", 1)).
			Render(t.Context(), inputSet(0, map[string]any{"id": "1", "value": value}))
		if err != nil || preview.Objects[0].Object["value"] != value {
			t.Errorf("%#v: rendered %v, %v", value, preview.Objects, err)
		}
	}
}

func TestATextThatYAMLCannotWriteIsRefusedByName(t *testing.T) {
	for text, why := range map[string]string{
		"nul\x00l": "holds the character U+0000, which YAML does not allow",
		"\x7f":     "holds the character U+007F, which YAML does not allow",
		"a\xc3":    "is not UTF-8",
	} {
		_, err := compile(t, bare).Render(t.Context(), inputSet(0, map[string]any{"id": "7", "value": text}))
		want := `input "7" of ResourceSetInputProvider/app-dev/api-prs: spec.resources[0].value: ` +
			`inputs.value ` + why + `: pass it through slugify in the template`
		if err == nil || err.Error() != want {
			t.Errorf("%q\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestStructureIsStructureHoweverItIsWritten(t *testing.T) {
	for _, written := range []string{
		"toYaml inputs.labels | nindent 2", "inputs.labels | toYaml | indent 0 | nindent 2", "(toYaml inputs.labels) | nindent (int 2)",
		"nindent 2 (inputs.labels | toYaml)", "toJson inputs.labels", "mustToPrettyJson inputs.labels | nindent 2",
	} {
		program := compile(t, "spec: {resourcesTemplate: \"apiVersion: v1\\nkind: A\\nmetadata: {name: a}\\nspec: << "+written+" >>\"}")
		preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "labels": map[string]any{"a: b": "1", "c": []any{"# d", int64(1)}}}))
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		want := map[string]any{"a: b": "1", "c": []any{"# d", int64(1)}}
		if got := preview.Objects[0].Object["spec"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: rendered %#v", written, got)
		}
	}
}

func TestStructureInAVariableIsRefusedWhereItWouldBeText(t *testing.T) {
	program := compile(t, `
spec:
  resourcesTemplate: |
    <<- $labels := toYaml inputs.labels >>
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a-<< $labels | sha256sum | trunc 4 >>
      labels: << $labels | nindent 4 >>
`)
	_, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "labels": map[string]any{"a": "b"}}))
	if err == nil || !strings.Contains(err.Error(), "write toYaml or toJson here instead") {
		t.Errorf("got %v", err)
	}
}

func TestAKeyCannotTakeAFieldsPlace(t *testing.T) {
	program := compile(t, `
spec:
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, << inputs.key >>: x}]
`)
	for _, key := range []string{"kind", "metadata"} {
		_, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "key": key}))
		if err == nil || !strings.Contains(err.Error(), `"`+key+`" is rendered twice`) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func TestATemplateThatCannotBeParsedNamesItsField(t *testing.T) {
	for spec, want := range map[string]string{
		"resources: [{apiVersion: v1, kind: A, metadata: {name: << inputs.id | frobnicate >>}}]": `spec.resources[0].metadata.name: function "frobnicate" not defined; the functions are`,
		"resources: [{apiVersion: v1, kind: A, metadata: {name: << inputs.id }}]":                "spec.resources[0].metadata.name: unclosed action",
		"resourcesTemplate: \"a\\n<< if inputs.id >>\"":                                          "spec.resourcesTemplate: line 2: unexpected EOF",
		"resourcesTemplate: << _hold 0 1 >>":                                                     `function "_hold" not defined`,
		"resourcesTemplate: ⸨0⸩":                                                                 "spec.resourcesTemplate: the characters ⸨ and ⸩ cannot be used",
		"steps: [{name: one, resources: [{kind: << foo >>}]}]":                                   `step "one": spec.steps[0].resources[0].kind: function "foo" not defined`,
		"resources: [null]": "spec.resources[0]: the resource is null",
		"resources: [[]]":   "spec.resources[0]: the resource is not an object",
	} {
		_, err := render.Compile(parseSet(t, "spec: {"+spec+"}"))
		var parseErr *render.ParseError
		if !errors.As(err, &parseErr) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got: %v\nwant: %s", spec, err, want)
		}
	}
}

func TestAnAliasOfItselfIsAnError(t *testing.T) {
	for _, template := range []string{"&a [*a]", "a: &a {b: *a}"} {
		program := compile(t, "spec: {resourcesTemplate: '"+template+"'}")
		if _, err := program.Render(t.Context(), input.None()); err == nil {
			t.Errorf("%s was rendered", template)
		}
	}
}

func compile(t *testing.T, set string) *render.Program {
	t.Helper()
	program, err := render.Compile(parseSet(t, set))
	if err != nil {
		t.Fatal(err)
	}
	return program
}
