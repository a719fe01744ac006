// Package render turns an input set into objects: inputs in, objects out, no
// cluster.
//
//	program, err := render.Compile(set)      // once for each generation
//	previews, err := program.All(ctx, sets)  // each input set on its own
//
// The language is Go's text/template between << and >>, with slim-sprig's
// functions, slugify and toYaml; `inputs` is the input set.
//
// # Text is data
//
// A ResourceSet is written as YAML whose text holds templates, so a naive
// renderer executes the text and parses what comes out: a pull request titled
// "fix: x" then adds a field. Here a value never meets a YAML parser:
//
//	title: << inputs.title >>    as its author wrote it
//	title: ⸨…000000⸩              executed: the output is held aside, a mark takes its place
//	{"title": "⸨…000000⸩"}        parsed, once for all inputs
//	{"title": "fix: x"}          filled in
//
// So a value can neither add, remove nor rename a field, an item or a document,
// and control flow still sees what it really is. Four rules complete this:
//
//   - Where a scalar without quotes is filled with just a number, a boolean or
//     null, it becomes that, as it would in YAML: `replicas: << inputs.n >>`.
//   - Where the API wants a string (labels, annotations, ConfigMap data,
//     postBuild.substitute, environment values, names; see place.go) it stays
//     one: a commit named 1e10 is not ten billion.
//   - `quote` and `squote` make a string. indent and nindent indent the marks.
//   - What toYaml and toJson write is structure, as their author asks for it,
//     with a mark for each string in it; in the midst of a text, as in the
//     `config.yaml: |` of a ConfigMap, it is text.
//
// A text that YAML cannot write (NUL, DEL, what is not UTF-8) is refused.
//
// # Bounds
//
// What one input set takes is counted: see bounds.go. What passes a bound fails
// that preview alone, and does so each time.
//
// What Flux puts into the YAML of an overlay, a value of postBuild.substitute,
// is written so that YAML reads it as one scalar: see substitute.go.
package render

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/throttle"
)

// Program is the compiled templates of one ResourceSet. It is safe for
// concurrent use.
type Program struct {
	steps  []program
	labels map[string]string
	// shard is what Flux's shards, and those of this operator, take objects by; "" for none.
	shard  string
	common *v1.CommonMetadata
	// throttle lets few programs at once take long.
	throttle  *throttle.Throttle
	namespace string

	mu     sync.Mutex // held while the engine renders one input set
	engine *engine
}

// program is what one step, or a set without steps, renders.
type program struct {
	name  string
	items []item
	// resources is how many of the items are of spec.resources.
	resources int
}

// Preview is what one input set renders to.
type Preview struct {
	Input   input.Set
	Objects []Object
	// Err is why there are no objects.
	Err error
}

// Object is a rendered object and where it comes from.
type Object struct {
	*unstructured.Unstructured
	// Input is the key of the input set that asked for it.
	Input string
	// Field of the ResourceSet that holds its template: spec.resources[0], say.
	Field string
	// Step and Item are the positions of the step, and of the template in it.
	Step, Item int
}

// Step is a part of a set; a set without steps has one, without a name.
type Step struct {
	Name string
	// Resources is how many of its templates are of spec.resources; one that
	// comes after them is spec.resourcesTemplate.
	Resources int
}

// Compile parses every template of a set. The error is a *ParseError, which
// names the field.
func Compile(set *v1.ResourceSet) (*Program, error) {
	p := &Program{
		engine:    newEngine(),
		common:    set.Spec.CommonMetadata,
		namespace: set.Namespace,
		shard:     set.Labels[v1.ShardLabel],
		labels: map[string]string{
			v1.OwnerLabelPrefix + "/name":      set.Name,
			v1.OwnerLabelPrefix + "/namespace": set.Namespace,
		},
	}
	if len(set.Spec.Steps) == 0 {
		step, err := p.engine.compileStep(source{"spec", set.Spec.Resources, set.Spec.ResourcesTemplate})
		if err != nil {
			return nil, err
		}
		p.steps = []program{step}
		return p, nil
	}
	for n, s := range set.Spec.Steps {
		step, err := p.engine.compileStep(source{fmt.Sprintf("spec.steps[%d]", n), s.Resources, s.ResourcesTemplate})
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", s.Name, err)
		}
		step.name = s.Name
		p.steps = append(p.steps, step)
	}
	return p, nil
}

// Steps lists the steps of the set, in order.
func (p *Program) Steps() []Step {
	out := make([]Step, len(p.steps))
	for n, step := range p.steps {
		out[n] = Step{Name: step.name, Resources: step.resources}
	}
	return out
}

// Behind has the program wait at a throttle where it takes long. It is called before
// the program is used.
func (p *Program) Behind(g *throttle.Throttle) { p.throttle = g }

// All renders each input set on its own: one that fails, as by passing a bound,
// holds up nobody. The error is that of the context, once it is done.
func (p *Program) All(ctx context.Context, sets []input.Set) ([]Preview, error) {
	previews := make([]Preview, len(sets))
	var all [expenses]int
	pass := p.throttle.Pass(ctx, p.namespace)
	defer pass.End()
	for i, set := range sets {
		meter := &meter{ctx: ctx, all: &all, pass: pass}
		preview, err := p.render(meter, set)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			preview = Preview{Input: set, Err: p.lacks(meter, set, err)}
		}
		previews[i] = preview
	}
	return previews, nil
}

// Render renders one input set. The error is an *InputError, which names the
// input and the field of the ResourceSet.
func (p *Program) Render(ctx context.Context, set input.Set) (Preview, error) {
	meter := &meter{ctx: ctx, all: &[expenses]int{}}
	preview, err := p.render(meter, set)
	if err != nil {
		err = p.lacks(meter, set, err)
	}
	return preview, err
}

func (p *Program) render(m *meter, set input.Set) (Preview, error) {
	preview := Preview{Input: set}
	if set.Err != nil {
		return Preview{}, &InputError{Input: set, Err: set.Err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.engine.release()
	if err := p.engine.bind(m, set.Values); err != nil {
		return Preview{}, &InputError{Input: set, Err: err}
	}
	for n, step := range p.steps {
		for m, item := range step.items {
			objects, err := rendered(item, p.engine)
			if err != nil {
				return Preview{}, &InputError{Input: set, Step: step.name, Err: err}
			}
			for _, object := range objects {
				p.label(object)
				preview.Objects = append(preview.Objects, Object{Unstructured: object, Input: set.Key(), Field: item.field(), Step: n, Item: m})
			}
		}
	}
	return preview, nil
}

// rendered renders an item. What a text brings a library down with fails that
// preview alone.
func rendered(item item, e *engine) (objects []*unstructured.Unstructured, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			err = fmt.Errorf("%s: rendering it broke: %v", item.field(), broke)
		}
	}()
	return item.render(e)
}

// label puts the common metadata on an object, the shard of the set where none is named,
// then the owner's labels, which nothing may overwrite: pruning goes by them.
func (p *Program) label(object *unstructured.Unstructured) {
	labels, annotations := object.GetLabels(), object.GetAnnotations()
	if p.common != nil {
		labels, annotations = merged(labels, p.common.Labels), merged(annotations, p.common.Annotations)
	}
	if p.shard != "" && labels[v1.ShardLabel] == "" {
		labels = merged(labels, map[string]string{v1.ShardLabel: p.shard})
	}
	object.SetLabels(merged(labels, p.labels))
	if len(annotations) > 0 {
		object.SetAnnotations(annotations)
	}
}

func merged(into, from map[string]string) map[string]string {
	out := make(map[string]string, len(into)+len(from))
	maps.Copy(out, into)
	maps.Copy(out, from)
	return out
}
