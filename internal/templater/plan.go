package templater

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
)

// plan is what a run wants the cluster to hold.
type plan struct {
	inputs inputs
	// previews are those of all input sets, in their order.
	previews []preview
	steps    []step
	// inventory lists the objects of all steps, in the order of the steps.
	inventory apply.Inventory
	// failed are the previews that could not be rendered.
	failed setbacks
	// asked are all objects that some preview asks for, also one that failed since.
	asked map[apply.Ref]bool
	// blind: of some preview it is not known what it asks for, as it cannot be
	// rendered.
	blind bool

	byKey map[string]int
	// settled is how many had failed when stock was taken last.
	settled int
}

// preview is what one input set asks for.
type preview struct {
	key   string
	input input.Set
	// objects is how many it asks for, those that it shares included.
	objects int
	// revision is the digest of them, sha256:HEX; "" when there are none.
	revision string
}

// step is a part of the plan that is ready before the next one starts.
type step struct {
	name    string
	objects []apply.Object
}

// plan renders each input set on its own.
func (r *run) plan(ctx context.Context, in inputs) (plan, error) {
	program, err := r.programs.of(r.set, r.Throttle)
	if err != nil {
		return plan{}, stalledBuild(fmt.Errorf("build failed: %w", err))
	}
	previews, err := program.All(ctx, in.sets)
	if err != nil {
		return plan{}, err // the operator is told to stop
	}
	refused := r.place(previews)
	rendered := program.Combine(previews)

	out := plan{inputs: in}
	for _, one := range rendered.Previews {
		if one.Err != nil {
			out.failed.add(setback{key: one.Input.Key(), reason: meta.BuildFailedReason, err: one.Err})
		}
		out.previews = append(out.previews, preview{key: one.Input.Key(), input: one.Input})
	}
	if out.failed.len() > 0 && r.single() {
		return plan{}, stalledBuild(fmt.Errorf("build failed: %w", out.failed.list[0].err))
	}
	for _, s := range rendered.Steps {
		out.steps = append(out.steps, step{name: s.Name, objects: wanted(s.Objects, refused)})
	}
	out.asked, out.blind = map[apply.Ref]bool{}, out.failed.len() > 0
	for _, object := range out.objects() {
		out.asked[apply.RefOf(object.Unstructured)] = true
	}
	return out, nil
}

// settle leaves out what previews that failed ask for, and takes stock of the
// rest, unless that is done already.
func (p *plan) settle() {
	if p.byKey != nil && p.failed.len() == p.settled {
		return
	}
	p.inventory, p.settled = nil, p.failed.len()
	for n := range p.steps {
		s := &p.steps[n]
		s.objects = p.failed.without(s.objects)
		for i, object := range s.objects {
			if object.Digest == (apply.Digest{}) {
				s.objects[i].Digest = apply.DigestOf(object.Unstructured)
			}
		}
		p.inventory = append(p.inventory, apply.InventoryOf(s.objects)...)
	}
	p.sum()
}

// place gives each object the name that the API server knows it by, and returns
// why some of them cannot be applied.
func (r *run) place(previews []render.Preview) map[*unstructured.Unstructured]error {
	var objects []*unstructured.Unstructured
	for _, preview := range previews {
		for _, object := range preview.Objects {
			objects = append(objects, object.Unstructured)
		}
	}
	defined, refused := apply.DefinitionsIn(objects), map[*unstructured.Unstructured]error{}
	for _, object := range objects {
		if err := r.Kinds.Place(object, r.set.Namespace, defined); err != nil {
			refused[object] = err
		}
	}
	return refused
}

// wanted turns rendered objects into objects to apply.
func wanted(objects []render.Object, refused map[*unstructured.Unstructured]error) []apply.Object {
	out := make([]apply.Object, 0, len(objects))
	for _, o := range objects {
		out = append(out, apply.Object{
			Unstructured: o.Unstructured, Group: o.Input, Sharers: o.Sharers, Refused: refused[o.Unstructured],
		})
	}
	return out
}

// sum counts the objects of each preview and takes their digest.
func (p *plan) sum() {
	sums := make(map[string]hash.Hash, len(p.previews))
	counts := make(map[string]int, len(p.previews))
	for _, object := range p.objects() {
		for _, key := range object.Groups() {
			if sums[key] == nil {
				sums[key] = sha256.New()
			}
			_, _ = sums[key].Write(object.Digest[:])
			counts[key]++
		}
	}
	p.byKey = make(map[string]int, len(p.previews))
	for i := range p.previews {
		one := &p.previews[i]
		p.byKey[one.key] = i
		if sum := sums[one.key]; sum != nil {
			one.objects, one.revision = counts[one.key], fmt.Sprintf("sha256:%x", sum.Sum(nil))
		}
	}
}

// revision is the digest of all planned objects, in order.
func (p plan) revision() string {
	sum := sha256.New()
	for _, object := range p.objects() {
		sum.Write(object.Digest[:])
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil))
}

// objects returns the objects of all steps.
func (p plan) objects() []apply.Object {
	var out []apply.Object
	for _, s := range p.steps {
		out = append(out, s.objects...)
	}
	return out
}

// unasked counts the objects that no preview asks for.
func (p plan) unasked(known apply.Inventory) int {
	count := 0
	for _, entry := range known {
		if !p.asked[entry.Ref] {
			count++
		}
	}
	return count
}

// wants reports whether a preview is still asked for.
func (p plan) wants(key string) bool {
	_, ok := p.byKey[key]
	return ok
}

// revisionOf is the digest of the objects of a preview.
func (p plan) revisionOf(key string) string { return p.previews[p.byKey[key]].revision }

// single reports whether the set renders once, for no input: it has no
// previews that could fail alone.
func (r *run) single() bool {
	return len(r.set.Spec.Inputs) == 0 && len(r.set.Spec.InputsFrom) == 0
}

// owned reads what the set owns, each object as the API server knows it.
func (r *run) owned() (apply.Inventory, error) {
	stored, err := apply.ReadInventory(r.set.Status.Inventory)
	return r.Kinds.Placed(stored), err
}

// claim stores the inventory of old and new before anything is written, so
// that what is created is known to be owned whatever happens next.
func (r *run) claim(ctx context.Context, known apply.Inventory, p plan) error {
	r.memory.applied.Recall(known)
	r.drift.claim(client.ObjectKeyFromObject(r.set), known.Union(p.inventory))
	if len(p.inventory.Without(known)) == 0 {
		return nil
	}
	before := r.set.Status.Inventory
	r.set.Status.Inventory = known.Union(p.inventory).Stored()
	if err := r.save(ctx); err != nil {
		r.set.Status.Inventory = before // so that why can be written
		return fmt.Errorf("storing the inventory before applying: %w", err)
	}
	return nil
}

// timeout returns how long the objects of a step may take to become ready.
func (r *run) timeout(name string) time.Duration {
	for _, s := range r.set.Spec.Steps {
		if s.Name == name && s.Timeout != nil {
			return s.Timeout.Duration
		}
	}
	return r.set.GetTimeout()
}
