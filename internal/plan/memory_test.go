package plan_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/render"
)

// remembering plans a set again and again with one memory.
type remembering struct {
	t       *testing.T
	set     *v1.ResourceSet
	program *render.Program
	memory  *plan.Memory
	served  uint64
	// placed are the objects that were placed last, which are those that were rendered.
	placed []string
	refuse string
}

func newRemembering(t *testing.T, spec string) *remembering {
	t.Helper()
	set := &v1.ResourceSet{}
	set.Name, set.Namespace = "previews", "app-dev"
	if err := yaml.UnmarshalStrict([]byte(spec), &set.Spec); err != nil {
		t.Fatal(err)
	}
	program, err := render.Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	return &remembering{t: t, set: set, program: program, memory: &plan.Memory{}}
}

func (r *remembering) place(objects []*unstructured.Unstructured) map[*unstructured.Unstructured]error {
	refused := map[*unstructured.Unstructured]error{}
	for _, object := range objects {
		r.placed = append(r.placed, object.GetName())
		if object.GetName() == r.refuse {
			refused[object] = fmt.Errorf("%s is refused", r.refuse)
		}
	}
	return refused
}

// plan plans inputs of one provider, written as id=sha, and compares the plan with one
// that is made without a memory.
func (r *remembering) plan(inputs ...[2]string) plan.Plan {
	r.t.Helper()
	provider := v1.ResourceSetInputProvider{}
	provider.Name, provider.Namespace = "prs", "app-dev"
	provider.Status.LastExportedRevision = "sha256:1"
	for _, one := range inputs {
		provider.Status.ExportedInputs = append(provider.Status.ExportedInputs, v1.ResourceSetInput{
			"id": &apiextensionsv1.JSON{Raw: fmt.Appendf(nil, "%q", one[0])}, "sha": &apiextensionsv1.JSON{Raw: fmt.Appendf(nil, "%q", one[1])},
		})
	}
	sets, err := r.memory.InputsOf(r.set, []v1.ResourceSetInputProvider{provider})
	if err != nil {
		r.t.Fatal(err)
	}
	request := plan.Request{Set: r.set, Inputs: sets.Sets, Program: r.program, Place: r.place}
	fresh, err := plan.Make(context.Background(), request)
	if err != nil {
		r.t.Fatal(err)
	}
	r.placed = nil
	request.Memory, request.Served = r.memory, r.served
	made, err := plan.Make(context.Background(), request)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(made.Objects()) != len(fresh.Objects()) || len(made.Previews) != len(fresh.Previews) {
		r.t.Fatalf("there are %d objects and %d previews, and not %d and %d", len(made.Objects()), len(made.Previews), len(fresh.Objects()), len(fresh.Previews))
	}
	for n, object := range made.Objects() {
		want := fresh.Objects()[n]
		if !reflect.DeepEqual(object.Object, want.Object) || object.Input != want.Input || !reflect.DeepEqual(object.Sharers, want.Sharers) {
			r.t.Errorf("object %d is %v of %s, and not %v of %s", n, object.Object, object.Input, want.Object, want.Input)
		}
	}
	return made
}

const oneEach = `
inputsFrom: [{name: prs}]
resources:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>}, data: {sha: << inputs.sha | quote >>}}
`

func TestOnlyWhatChangedIsRendered(t *testing.T) {
	r := newRemembering(t, oneEach)
	a, b, c := [2]string{"1", "c0ffee"}, [2]string{"2", "c0ffee"}, [2]string{"3", "c0ffee"}
	for _, step := range []struct {
		name   string
		inputs [][2]string
		before func()
		want   []string
	}{
		{name: "all at first", inputs: [][2]string{a, b, c}, want: []string{"app-1", "app-2", "app-3"}},
		{name: "none when nothing changed", inputs: [][2]string{a, b, c}},
		{name: "the one with another commit", inputs: [][2]string{a, {"2", "beef"}, c}, want: []string{"app-2"}},
		{name: "none in another order", inputs: [][2]string{c, {"2", "beef"}, a}},
		{name: "none when one has gone", inputs: [][2]string{c, a}},
		{name: "one that comes back", inputs: [][2]string{c, b, a}, want: []string{"app-2"}},
		{
			name: "all when the API server serves other kinds", inputs: [][2]string{a, b, c}, before: func() { r.served++ },
			want: []string{"app-1", "app-2", "app-3"},
		},
		{
			name: "all when the templates are others", inputs: [][2]string{a, b, c}, want: []string{"app-1", "app-2", "app-3"},
			before: func() { r.program, _ = render.Compile(r.set) },
		},
	} {
		if step.before != nil {
			step.before()
		}
		r.plan(step.inputs...)
		if !reflect.DeepEqual(r.placed, step.want) {
			t.Errorf("%s: it renders %v, and not %v", step.name, r.placed, step.want)
		}
	}
}

func TestWhatDependsOnMoreThanItsInputIsRenderedEachTime(t *testing.T) {
	const crd = "- {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: odds.example.com}, spec: {group: example.com, names: {kind: Odd}}}\n"
	const copied = "- {apiVersion: v1, kind: ConfigMap, metadata: {name: copy-<< inputs.id >>, annotations: {fluxcd.controlplane.io/copyFrom: a/b}}}\n"
	for name, c := range map[string]struct {
		spec, refuse string
		want         int
	}{
		"what is refused":              {spec: oneEach, refuse: "app-1", want: 1},
		"what takes data from another": {spec: oneEach + copied, want: 4},
		"what defines a kind":          {spec: oneEach + crd, want: 4},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRemembering(t, c.spec)
			r.refuse = c.refuse
			r.plan([2]string{"1", "c0ffee"}, [2]string{"2", "c0ffee"})
			r.plan([2]string{"1", "c0ffee"}, [2]string{"2", "c0ffee"})
			if len(r.placed) != c.want {
				t.Errorf("it renders %v again", r.placed)
			}
		})
	}
}

func TestTwoThatAskForTheSameStillShareItWhenOneOfThemIsRemembered(t *testing.T) {
	r := newRemembering(t, oneEach+"- {apiVersion: v1, kind: ConfigMap, metadata: {name: shared}, data: {of: all}}\n")
	r.plan([2]string{"1", "c0ffee"})
	made := r.plan([2]string{"1", "c0ffee"}, [2]string{"2", "c0ffee"})
	for _, object := range made.Objects() {
		if object.GetName() == "shared" && !reflect.DeepEqual(object.Sharers, []string{"prs/2"}) {
			t.Errorf("it is shared with %v", object.Sharers)
		}
	}
	again := r.plan([2]string{"1", "c0ffee"})
	for _, object := range again.Objects() {
		if object.GetName() == "shared" && len(object.Sharers) != 0 {
			t.Errorf("it is still shared with %v", object.Sharers)
		}
	}
}
