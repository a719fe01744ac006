package templater

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/plan"
)

// desired is what a run wants the cluster to hold, and which previews have failed.
type desired struct {
	inputs plan.Inputs
	// previews are those of all input sets, in their order.
	previews []asked
	steps    []step
	// inventory lists the objects of all steps, in the order of the steps.
	inventory apply.Inventory
	// failed are the previews that are not taken further.
	failed problems
	// asked are all objects that some preview asks for, also one that failed since.
	asked map[object.Ref]bool
	// blind: of some preview it is not known what it asks for, as it cannot be
	// rendered.
	blind bool

	// external are the sources of checksums that are not of the set itself.
	external []string
	// urls are where objects say that what they belong to answers.
	urls map[object.Ref]string

	byKey map[string]int
	// stocked is how many had failed when stock was taken last.
	stocked int
}

// asked is what one input set asks for.
type asked struct {
	key   string
	input input.Set
	// objects is how many it asks for, those that it shares included.
	objects int
	// revision is the digest of them, sha256:HEX; "" when there are none.
	revision string
}

// step is a part of what is desired that is ready before the next one starts.
type step struct {
	name    string
	objects []apply.Object
}

// plan renders each input set on its own, and fills in what objects take from
// others, read with the permissions of the set's account. A preview that takes
// from something which is not there fails alone, and is tried again when it may be.
func (r *run) plan(ctx context.Context, applier *apply.Applier, inputs plan.Inputs) (desired, error) {
	program, err := r.programs.of(r.set, r.Throttle)
	if err != nil {
		return desired{}, stalledBuild(fmt.Errorf("build failed: %w", err))
	}
	references := applier.References()
	made, err := plan.Make(ctx, plan.Request{
		Set: r.set, Inputs: inputs.Sets, Program: program, Place: r.Kinds.Placer(r.set.Namespace), References: references,
		Memory: r.memory.made, Served: r.Kinds.Edition(),
	})
	if err != nil {
		return desired{}, err // the operator is told to stop
	}
	if r.single() && made.Previews[0].Reason == meta.BuildFailedReason {
		return desired{}, stalledBuild(fmt.Errorf("build failed: %w", made.Previews[0].Err))
	}
	r.users.set(client.ObjectKeyFromObject(r.set), references.Used())
	out := r.desiredOf(made, inputs)
	out.external = references.External()
	return out, nil
}

// desiredOf takes stock of a plan.
func (r *run) desiredOf(made plan.Plan, inputs plan.Inputs) desired {
	out := desired{inputs: inputs, previews: make([]asked, 0, len(made.Previews)), asked: make(map[object.Ref]bool, len(made.Previews))}
	for _, one := range made.Previews {
		key := one.Input.Key()
		out.previews = append(out.previews, asked{key: key, input: one.Input})
		if one.Err != nil {
			out.failed.add(problem{key: key, reason: one.Reason, err: one.Err})
		}
		out.blind = out.blind || one.Reason == meta.BuildFailedReason
	}
	out.steps, out.urls = r.memory.toApply(made.Steps)
	for _, o := range out.objects() {
		out.asked[o.Ref()] = true
	}
	out.takeStock()
	return out
}

// takeStock leaves out what previews that failed ask for, and takes stock of the
// rest, unless that is done already.
func (p *desired) takeStock() {
	if p.byKey != nil && p.failed.len() == p.stocked {
		return
	}
	p.inventory, p.stocked = nil, p.failed.len()
	for n := range p.steps {
		s := &p.steps[n]
		s.objects = p.failed.without(s.objects)
		p.inventory = append(p.inventory, apply.InventoryOf(s.objects)...)
	}
	p.sum()
}

// note remembers that all that ask for an object failed with it.
func (p *desired) note(o apply.Object, err error) {
	if err == nil {
		return
	}
	for _, key := range o.Groups() {
		p.failed.add(problem{key: key, reason: meta.ReconciliationFailedReason, err: err})
	}
}

// sum counts the objects of each preview and takes their digest.
func (p *desired) sum() {
	sums := make(map[string]hash.Hash, len(p.previews))
	counts := make(map[string]int, len(p.previews))
	for _, o := range p.objects() {
		for _, key := range o.Groups() {
			if sums[key] == nil {
				sums[key] = sha256.New()
			}
			_, _ = sums[key].Write(o.Digest[:])
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
func (p desired) revision() string {
	sum := sha256.New()
	for _, o := range p.objects() {
		sum.Write(o.Digest[:])
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil))
}

// objects returns the objects of all steps.
func (p desired) objects() []apply.Object {
	var out []apply.Object
	for _, s := range p.steps {
		out = append(out, s.objects...)
	}
	return out
}

// wants reports whether a preview is still asked for.
func (p desired) wants(key string) bool {
	_, ok := p.byKey[key]
	return ok
}

// revisionOf is the digest of the objects of a preview.
func (p desired) revisionOf(key string) string { return p.previews[p.byKey[key]].revision }

// single reports whether the set renders once, for no input: it has no
// previews that could fail alone.
func (r *run) single() bool {
	return len(r.set.Spec.Inputs) == 0 && len(r.set.Spec.InputsFrom) == 0
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
