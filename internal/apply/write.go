package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	ssaerrors "github.com/fluxcd/pkg/ssa/errors"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/render"
)

const (
	// recreateInterval is the time between two looks at an object that has to
	// be gone before it is made anew.
	recreateInterval = 500 * time.Millisecond
	// recreateTimeout bounds that.
	recreateTimeout = time.Minute
	// writeTries is how often an object is written that others make and delete
	// meanwhile.
	writeTries = 3
)

// write applies one object over what was seen and nothing else, and returns it as
// stored. What came, or took another's place, since it was looked for is judged
// before it is written over.
func (r *applyRun) write(ctx context.Context, o *unstructured.Unstructured, was *Meta) (*unstructured.Unstructured, Action, error) {
	for try := 1; ; try++ {
		seen, err := r.take(ctx, o, was)
		var written *unstructured.Unstructured
		if err == nil {
			written, err = r.over(ctx, o, seen)
		}
		if err == nil {
			return written, r.action(was, written), nil
		}
		if !apierrors.IsConflict(err) || try == writeTries {
			return nil, "", err
		}
		if was, err = r.find(ctx, object.RefOf(o), o.GroupVersionKind().Version); err != nil {
			return nil, "", fmt.Errorf("%s is there already, and reading whose it is failed: %w", object.RefOf(o), err)
		}
	}
}

// action is what writing made of what was there.
func (r *applyRun) action(was *Meta, written *unstructured.Unstructured) Action {
	switch {
	case was == nil:
		return Created
	case r.adopts(object.RefOf(written), was):
		return Adopted
	case was.UID == written.GetUID() && was.ResourceVersion == written.GetResourceVersion():
		return Unchanged
	default:
		return Configured
	}
}

// over writes an object over what was seen. Where an immutable field changed and
// recreation is asked for, it is deleted and made anew.
func (r *applyRun) over(ctx context.Context, o *unstructured.Unstructured, was *Meta) (*unstructured.Unstructured, error) {
	written, err := r.patch(ctx, o, uidOf(was))
	if err != nil && was != nil && ssaerrors.IsImmutableError(err) && r.forced(o, was) && r.isCreatable(ctx, o) {
		if err := r.recreate(ctx, o, was); err != nil {
			return nil, err
		}
		return r.patch(ctx, o, "")
	}
	if err != nil {
		return nil, r.explain(object.RefOf(o), was, err)
	}
	return r.inherit(ctx, o, written)
}

// isCreatable reports whether the object would be accepted if it were new. An
// object that is refused because it is wrong, not because it changed, must not
// be deleted: nothing could take its place.
func (r *applyRun) isCreatable(ctx context.Context, o *unstructured.Unstructured) bool {
	probe := o.DeepCopy()
	probe.SetName("")
	probe.SetGenerateName("eddy-probe-")
	return r.Client.Create(ctx, probe, client.DryRunAll, client.FieldOwner(r.FieldManager)) == nil
}

// inherit makes an object that others managed before the manager's alone.
func (r *applyRun) inherit(ctx context.Context, o, written *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	patches, err := r.takeover(o, written)
	if err != nil || len(patches) == 0 {
		return written, err
	}
	if err := r.disown(ctx, written, patches); err != nil {
		return nil, err
	}
	return r.patch(ctx, o, written.GetUID())
}

// noVersion is a resource version that no object has. An apply that carries it
// is a conflict where there is an object, and makes one where there is none: it
// tells for nothing what asking first would cost a request for.
const noVersion = "9223372036854775807"

// patch applies an object over the very one that was seen, or, without a UID,
// over none.
func (r *applyRun) patch(ctx context.Context, o *unstructured.Unstructured, over types.UID) (*unstructured.Unstructured, error) {
	written := o.DeepCopy()
	written.SetUID(over)
	written.SetResourceVersion("")
	if over == "" {
		written.SetResourceVersion(noVersion)
	}
	return written, r.applied(ctx, written, r.FieldManager)
}

func (r *applyRun) recreate(ctx context.Context, o *unstructured.Unstructured, was *Meta) error {
	if err := r.delete(ctx, was, metav1.DeletePropagationBackground); err != nil {
		return fmt.Errorf("deleting it to change an immutable field: %w", err)
	}
	return r.awaitGone(ctx, object.RefOf(o), was)
}

// uidOf is the UID of what was seen, "" where nothing was.
func uidOf(was *Meta) types.UID {
	if was == nil {
		return ""
	}
	return was.UID
}

// forced reports whether the owner, the object or what is in the cluster asks
// for recreation, by annotation or by label. What was there before is not
// deleted for that.
func (r *applyRun) forced(o *unstructured.Unstructured, was *Meta) bool {
	if isAdopted(r.Owner, was) {
		return false
	}
	return r.Owner.Force ||
		v1.IsForced(o.GetAnnotations()) || v1.IsForced(o.GetLabels()) ||
		v1.IsForced(was.Annotations) || v1.IsForced(was.Labels)
}

// explain is explain for what is written over something: what was there before is
// not deleted to change it.
func (r *applyRun) explain(ref object.Ref, was *Meta, err error) error {
	if was != nil && ssaerrors.IsImmutableError(err) && isAdopted(r.Owner, was) {
		return fmt.Errorf("%s: %w; it was there before this set, so it is not deleted to change a field that cannot be changed: "+
			"do that by hand, or annotate it in the cluster with %s: %s", ref, err, v1.PruneAnnotation, v1.EnabledValue)
	}
	return explain(ref, was, err)
}

// explain adds to an API error what it is about and, where it is known, what
// to do.
func explain(ref object.Ref, was *Meta, err error) error {
	if advice := adviceFor(ref, was, err); advice != "" {
		return fmt.Errorf("%s: %w; %s", ref, err, advice)
	}
	return fmt.Errorf("%s: %w", ref, err)
}

// adviceFor says what to do about an API error; "" when its own words do.
func adviceFor(ref object.Ref, was *Meta, err error) string {
	switch {
	case meta.IsNoMatchError(err):
		return "the cluster does not know this kind: install its CustomResourceDefinition first"
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return "the namespace is being deleted: it is tried again once that is done"
	case apierrors.IsForbidden(err):
		return "grant it to the account that applies (spec.serviceAccountName, or the operator's)"
	case apierrors.IsNotFound(err) && strings.Contains(err.Error(), "namespaces"):
		return "create the namespace first, for example as one of the set's resources"
	case apierrors.IsInvalid(err) && strings.Contains(err.Error(), "must be no more than"):
		return fmt.Sprintf("its name has %d characters: shorten what goes into it: << TEXT | %s >>", len(ref.Name), render.NameOfText)
	case apierrors.IsInvalid(err) && len(validation.IsDNS1123Subdomain(ref.Name)) > 0:
		return fmt.Sprintf("%q is not a DNS name: make one of what goes into it: << TEXT | %s >>", ref.Name, render.NameOfText)
	case was != nil && ssaerrors.IsImmutableError(err):
		return fmt.Sprintf("if it is about a field that cannot be changed, annotate it with %s: %s to have it deleted and made anew", v1.ForceAnnotation, v1.EnabledValue)
	case ref.Namespace == "" && strings.Contains(err.Error(), "namespace"):
		return "set metadata.namespace"
	default:
		return ""
	}
}
