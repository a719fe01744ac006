package apply

import (
	"context"
	"fmt"
	"strings"
	"time"

	ssaerrors "github.com/fluxcd/pkg/ssa/errors"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const (
	// recreateInterval is the time between two looks at an object that has to
	// be gone before it is made anew.
	recreateInterval = 500 * time.Millisecond
	// recreateTimeout bounds that.
	recreateTimeout = time.Minute
)

// write applies one object and returns it as stored. Where an immutable field
// changed and recreation is asked for, it is deleted and made anew.
func (r *applyRun) write(ctx context.Context, object *unstructured.Unstructured, was *Meta) (*unstructured.Unstructured, error) {
	written, err := r.patch(ctx, object)
	if err == nil || was == nil || !ssaerrors.IsImmutableError(err) || !r.forced(object, was) {
		return written, err
	}
	if err := r.recreate(ctx, object, was); err != nil {
		return nil, err
	}
	return r.patch(ctx, object)
}

func (r *applyRun) patch(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	written := object.DeepCopy()
	err := r.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(written),
		client.ForceOwnership, client.FieldOwner(r.FieldManager))
	return written, err
}

func (r *applyRun) recreate(ctx context.Context, object *unstructured.Unstructured, was *Meta) error {
	if err := r.delete(ctx, RefOf(object), was); err != nil {
		return fmt.Errorf("deleting it to change an immutable field: %w", err)
	}
	return wait.PollUntilContextTimeout(ctx, recreateInterval, recreateTimeout, true, func(ctx context.Context) (bool, error) {
		now, err := r.get(ctx, RefOf(object))
		return now == nil || now.UID != was.UID, err
	})
}

// forced reports whether the owner, the object or what is in the cluster asks
// for recreation, by annotation or by label.
func (r *applyRun) forced(object *unstructured.Unstructured, was *Meta) bool {
	return r.owner.Force ||
		v1.IsForced(object.GetAnnotations()) || v1.IsForced(object.GetLabels()) ||
		v1.IsForced(was.Annotations) || v1.IsForced(was.Labels)
}

// explain adds to an API error what it is about and, where it is known, what
// to do.
func explain(ref Ref, err error) error {
	switch {
	case meta.IsNoMatchError(err):
		return fmt.Errorf("%s: the cluster does not know this kind: %w; install its CustomResourceDefinition first", ref, err)
	case ssaerrors.IsImmutableError(err):
		return fmt.Errorf("%s: %w; annotate it with %s: %s to have it deleted and made anew", ref, err, v1.ForceAnnotation, v1.EnabledValue)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%s: %w; grant it to the account that applies (spec.serviceAccountName, or the operator's)", ref, err)
	case apierrors.IsNotFound(err) && strings.Contains(err.Error(), "namespaces"):
		return fmt.Errorf("%s: %w; create the namespace first, for example as one of the set's resources", ref, err)
	case ref.Namespace == "" && strings.Contains(err.Error(), "namespace"):
		return fmt.Errorf("%s: %w; set metadata.namespace", ref, err)
	case len(ref.Name) > maxName:
		return fmt.Errorf("%s: %w; shorten the name with << trunc %d >> or << slugify >>", ref, err, maxName)
	default:
		return fmt.Errorf("%s: %w", ref, err)
	}
}

// maxName is the most that a DNS label, and so many a name, may have.
const maxName = 63
