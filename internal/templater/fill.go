package templater

import (
	"context"

	"github.com/fluxcd/pkg/apis/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/reference"
)

// fill gives the planned objects what they take from others, read with the
// permissions of the set's account. A preview that takes from something which
// is not there fails alone, and is tried again when it may be.
func (r *run) fill(ctx context.Context, applier *apply.Applier, p *plan) {
	resolver := &reference.Resolver{Read: func(ctx context.Context, source reference.Source) (*unstructured.Unstructured, error) {
		return applier.Read(ctx, apply.Ref{Kind: source.Kind, Namespace: source.Namespace, Name: source.Name}, "v1")
	}}
	// Checksums come last: they are of what was filled in.
	for _, fill := range []func(context.Context, *unstructured.Unstructured) error{resolver.Fill, resolver.Sum} {
		for _, object := range p.objects() {
			if p.failed.spares(object) {
				p.note(object, fill(ctx, object.Unstructured))
			}
		}
	}
	p.settle()
	r.set.Status.ExternalChecksumRefs = resolver.External()
	r.users.set(client.ObjectKeyFromObject(r.set), resolver.Used())
}

// note remembers that all that ask for an object failed with it.
func (p *plan) note(object apply.Object, err error) {
	if err == nil {
		return
	}
	for _, key := range object.Groups() {
		p.failed.add(setback{key: key, reason: meta.ReconciliationFailedReason, err: err})
	}
}
