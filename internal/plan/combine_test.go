package plan_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/test/sample"
)

// combined plans a set for some inputs and lists names of objects, by step.
func combined(t *testing.T, spec string, inputs ...input.Set) (string, plan.Plan) {
	t.Helper()
	made, err := plan.Make(t.Context(), plan.Request{Set: sample.Set(t, spec), Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, step := range made.Steps {
		if step.Name != "" {
			out = append(out, step.Name+":")
		}
		for _, object := range step.Objects {
			out = append(out, object.GetName())
		}
	}
	return strings.Join(out, " "), made
}

func TestObjectsComeInTheContractsOrder(t *testing.T) {
	spec := `
resources:
- {apiVersion: v1, kind: A, metadata: {name: a-<< inputs.id >>}}
- {apiVersion: v1, kind: B, metadata: {name: b-<< inputs.id >>}}
resourcesTemplate: |
  {apiVersion: v1, kind: C, metadata: {name: c-<< inputs.id >>}}
  ---
  {apiVersion: v1, kind: D, metadata: {name: d-<< inputs.id >>}}
`
	got, _ := combined(t, spec, sample.Input("id", "1"), sample.Input("id", "2"))
	if want := "a-1 a-2 b-1 b-2 c-1 d-1 c-2 d-2"; got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
}

func TestTheSameObjectTwiceIsOne(t *testing.T) {
	spec := `
resources:
- {apiVersion: v1, kind: Namespace, metadata: {name: shared}}
- {apiVersion: v1, kind: A, metadata: {name: a-<< inputs.id >>}}
`
	got, made := combined(t, spec, sample.Input("id", "1"), sample.Input("id", "2"))
	if got != "shared a-1 a-2" {
		t.Errorf("there are %s", got)
	}
	for _, preview := range made.Previews {
		if preview.Err != nil {
			t.Error(preview.Err)
		}
	}
}

func TestTheSameNameWithOtherContentFailsTheLaterPreview(t *testing.T) {
	spec := `
resources:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: shared}, data: {id: << inputs.id >>}}
- {apiVersion: v1, kind: A, metadata: {name: a-<< inputs.id >>}}
`
	got, made := combined(t, spec, sample.Input("id", "1"), sample.Input("id", "2"), sample.Input("id", "3"))
	if got != "shared a-1" {
		t.Errorf("there are %s", got)
	}
	err := made.Previews[1].Err
	for _, words := range []string{`input "2"`, `input "1"`, "ConfigMap/shared", "inputs.id"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error does not say %s: %v", words, err)
		}
	}
}

func TestADisabledObjectIsLeftOut(t *testing.T) {
	spec := `
resources:
- {apiVersion: v1, kind: A, metadata: {name: a, annotations: {fluxcd.controlplane.io/reconcile: disabled}}}
resourcesTemplate: |
  {apiVersion: v1, kind: B, metadata: {name: b, annotations: {fluxcd.controlplane.io/reconcile: disabled}}}
  ---
  {apiVersion: v1, kind: C, metadata: {name: c, annotations: {fluxcd.controlplane.io/reconcile: Disabled}}}
`
	if got, _ := combined(t, spec, sample.Input("id", "1")); got != "c" {
		t.Errorf("with inputs there are %s", got)
	}
	if got, _ := combined(t, spec, input.None()); got != "a c" {
		t.Errorf("without inputs there are %s", got)
	}
}

func TestDocumentsThatAreNoObjectsAreLeftOut(t *testing.T) {
	spec := `
resourcesTemplate: |
  # only a comment
  ---
  apiVersion: kustomize.config.k8s.io/v1beta1
  kind: Kustomization
  metadata: {name: build}
  ---
  kind: A
  metadata: {name: no-version}
  ---
  apiVersion: v1
  kind: A
  metadata: {namespace: no-name}
  ---
  apiVersion: v1
  kind: List
  items:
  - {apiVersion: v1, kind: A, metadata: {name: listed}}
  ---
  apiVersion: v1
  kind: A
  metadata: {name: kept}
`
	if got, _ := combined(t, spec, sample.Input("id", "1")); got != "listed kept" {
		t.Errorf("there are %s", got)
	}
}

func TestADocumentWithoutAKindIsAnError(t *testing.T) {
	_, made := combined(t, "resourcesTemplate: '{apiVersion: v1, metadata: {name: a}}'", sample.Input("id", "1"))
	err := made.Previews[0].Err
	if err == nil || !strings.Contains(err.Error(), "document 1 has no kind") {
		t.Errorf("got %v", err)
	}
}

func TestStepsAreSetsOfTheirOwn(t *testing.T) {
	spec := `
steps:
- name: first
  resources: [{apiVersion: v1, kind: A, metadata: {name: a-<< inputs.id >>}}]
- name: second
  resources: [{apiVersion: v1, kind: B, metadata: {name: b-<< inputs.id >>}}]
`
	got, _ := combined(t, spec, sample.Input("id", "1"), sample.Input("id", "2"))
	if want := "first: a-1 a-2 second: b-1 b-2"; got != want {
		t.Errorf("there are %s, want %s", got, want)
	}
}

func TestAnObjectInTwoStepsIsAnError(t *testing.T) {
	spec := `
steps:
- {name: first, resources: [{apiVersion: v1, kind: A, metadata: {name: a, namespace: dev}}]}
- {name: second, resources: [{apiVersion: v1, kind: A, metadata: {name: a, namespace: dev}}]}
`
	_, made := combined(t, spec, sample.Input("id", "1"))
	err := made.Previews[0].Err
	if err == nil || !strings.Contains(err.Error(), `duplicate resource A/dev/a in step "second", already defined in step "first"`) {
		t.Errorf("got %v", err)
	}
}

// perCommit cannot be rendered for an input without a commit.
const perCommit = `
resources:
- {apiVersion: v1, kind: A, metadata: {name: api-pr-<< inputs.id >>, annotations: {commit: << inputs.sha >>}}}
`

func TestAFailedPreviewHoldsUpNobody(t *testing.T) {
	got, made := combined(t, perCommit, sample.Input("id", "1", "sha", "a"), sample.Input("id", "2"), sample.Input("id", "3", "sha", "c"))
	if got != "api-pr-1 api-pr-3" || made.Previews[1].Err == nil || made.Previews[0].Err != nil || made.Previews[2].Err != nil {
		t.Errorf("there are %s", got)
	}
	for _, object := range made.Steps[0].Objects {
		if object.Input != "prs/"+strings.TrimPrefix(object.GetName(), "api-pr-") {
			t.Errorf("%s is of input %s", object.GetName(), object.Input)
		}
	}
}

func TestAnInputWhoseKeyIsAnothersFailsByItself(t *testing.T) {
	inputs, err := plan.InputsOf(sample.Set(t, `{inputs: [{id: "1", sha: a}, {id: "1", sha: b}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, made := combined(t, "resources: [{apiVersion: v1, kind: A, metadata: {name: a-<< inputs.sha >>}}]", inputs.Sets...)
	if got != "a-a" || made.Previews[0].Err != nil {
		t.Errorf("the first has %s, %v", got, made.Previews[0].Err)
	}
	if err := made.Previews[1].Err; err == nil || !strings.Contains(err.Error(), "input 2 of ResourceSet/app-dev/previews: it would be the preview previews/1, as input 1 of the same is") {
		t.Errorf("the second says %v", err)
	}
}

// What the first input renders twice does not clash with the second input's.
func TestOfAnObjectThatAnInputRendersTwiceTheFirstStaysForAll(t *testing.T) {
	spec := `
resources:
- {apiVersion: v1, kind: A, metadata: {name: shared}, data: {from: resources}}
resourcesTemplate: |
  {apiVersion: v1, kind: A, metadata: {name: shared}, data: {from: template}}
  ---
  {apiVersion: v1, kind: A, metadata: {name: own-<< inputs.id >>}}
`
	got, made := combined(t, spec, sample.Input("id", "1"), sample.Input("id", "2"), sample.Input("id", "3"))
	if got != "shared own-1 own-2 own-3" {
		t.Errorf("there are %s: %v", got, made.Previews[1].Err)
	}
	shared := made.Steps[0].Objects[0]
	if data, _ := shared.Object["data"].(map[string]any); data["from"] != "resources" || strings.Join(shared.Sharers, " ") != "prs/2 prs/3" {
		t.Errorf("the shared object is %v, of %v", shared.Object, shared.Sharers)
	}
}

func TestObjectsOfAStreamOfJSONAreObjects(t *testing.T) {
	a, b := `{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a-<< inputs.id >>"}}`, `{"apiVersion": "v1", "kind": "B", "metadata": {"name": "b}{"}, "x": [{}, "\"}{"]}`
	for between, what := range map[string]string{"\n": "lines", "": "nothing", "\n\n  ": "space", "\n---\n": "a separator"} {
		got, made := combined(t, "resourcesTemplate: |\n  "+strings.ReplaceAll(a+between+b+between+a, "\n", "\n  "), sample.Input("id", "1"))
		if got != "a-1 b}{" {
			t.Errorf("between them is %s: there are %s, %v", what, got, made.Previews[0].Err)
		}
	}
	for _, text := range []string{`{a: '}', b: '{'} {`, `{"a": 1} x`, `{"a": }{`} {
		if _, made := combined(t, "resourcesTemplate: |\n  "+text, sample.Input("id", "1")); made.Previews[0].Err == nil {
			t.Errorf("%s was rendered", text)
		}
	}
}
