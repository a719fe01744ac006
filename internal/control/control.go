// Package control tells Eddy and Flux to run now, to rest, and to go on, by the
// annotations that both understand, and waits for what comes of it.
//
//	request := control.NewRequest(time.Now())
//	err := request.Send(ctx, cluster, object)
//	object, err = control.Await(ctx, cluster, object, request.Handled)
package control

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Request asks for a run now. It is not safe for concurrent use.
type Request struct {
	// Token is any value that was not asked with before: a time.
	Token string
	// Force asks a provider to run whatever its schedule says.
	Force bool

	// before is what was handled last when the request was sent.
	before string
	// since are the tokens that were asked with from then on, its own and those that
	// others wrote over it, and whether by force.
	since map[string]bool
}

// NewRequest makes a request of a time.
func NewRequest(now time.Time) Request { return Request{Token: now.UTC().Format(time.RFC3339Nano)} }

// Send annotates an object, which is then as it is stored.
func (r *Request) Send(ctx context.Context, cluster client.Client, object *unstructured.Unstructured) error {
	annotations := map[string]any{meta.ReconcileRequestAnnotation: r.Token}
	if r.Force {
		annotations[meta.ForceRequestAnnotation] = r.Token
	}
	if err := annotate(ctx, cluster, object, annotations); err != nil {
		return err
	}
	r.before, r.since = handledBy(object), map[string]bool{r.Token: r.Force}
	return nil
}

// Handled reports whether a run answered the request, one that was asked for by it or
// later: who asks later writes over what was asked, and a status has the last one alone.
// It has to be shown an object as it changes, to know what others ask for. Which token is
// the later one no clock tells: that of another machine may be wrong, and not all are times.
func (r *Request) Handled(object *unstructured.Unstructured) bool {
	annotations := object.GetAnnotations()
	if token, asked := annotations[meta.ReconcileRequestAnnotation]; asked {
		r.since[token] = annotations[meta.ForceRequestAnnotation] == token
	}
	handled := handledBy(object)
	_, answers := r.since[handled]
	return answers && handled != r.before
}

// Lost reports whether the run that answered the request was without force, where it was
// asked with: what is written over the one without the other takes it away.
func (r *Request) Lost(object *unstructured.Unstructured) bool {
	return r.Force && r.Handled(object) && !r.since[handledBy(object)]
}

// handledBy is the token that was handled last, "" before any was.
func handledBy(object *unstructured.Unstructured) string {
	handled, _, _ := unstructured.NestedString(object.Object, "status", "lastHandledReconcileAt")
	return handled
}

// Suspend lets Eddy leave an object of its kinds alone, and notes who did.
func Suspend(ctx context.Context, cluster client.Client, object client.Object, who string) error {
	return annotate(ctx, cluster, object, map[string]any{
		v1.ReconcileAnnotation: v1.DisabledValue, v1.SuspendedByAnnotation: who,
	})
}

// Resume lets Eddy go on.
func Resume(ctx context.Context, cluster client.Client, object client.Object) error {
	return annotate(ctx, cluster, object, map[string]any{
		v1.ReconcileAnnotation: nil, v1.SuspendedByAnnotation: nil,
	})
}

// Approve writes on a provider what somebody approves of, or takes back.
func Approve(ctx context.Context, cluster client.Client, provider client.Object, annotations map[string]string) error {
	values := map[string]any{}
	for name, value := range annotations {
		values[name] = value
	}
	return annotate(ctx, cluster, provider, values)
}

// annotate sets annotations, and takes away those that are nil.
func annotate(ctx context.Context, cluster client.Client, object client.Object, annotations map[string]any) error {
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return err
	}
	return cluster.Patch(ctx, object, client.RawPatch(types.MergePatchType, body))
}

// Await watches one object until it is as it should be, and returns it.
func Await(ctx context.Context, cluster client.WithWatch, object *unstructured.Unstructured, done func(*unstructured.Unstructured) bool) (*unstructured.Unstructured, error) {
	for {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(object.GroupVersionKind().GroupVersion().WithKind(object.GetKind() + "List"))
		one := client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", object.GetName())}
		// Without a version to begin with, a watch begins with what there is.
		events, err := cluster.Watch(ctx, list, client.InNamespace(object.GetNamespace()), one)
		if err != nil {
			return nil, err
		}
		found, err := until(ctx, events, done)
		if found != nil || err != nil {
			return found, err
		}
	}
}

// until reads a watch; nil when it ends before anything has come of it.
func until(ctx context.Context, events watch.Interface, done func(*unstructured.Unstructured) bool) (*unstructured.Unstructured, error) {
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case event, open := <-events.ResultChan():
			if !open || event.Type == watch.Error {
				return nil, nil
			}
			found, isObject := event.Object.(*unstructured.Unstructured)
			if !isObject {
				continue
			}
			if event.Type == watch.Deleted {
				return nil, fmt.Errorf("%s %s/%s was deleted meanwhile", found.GetKind(), found.GetNamespace(), found.GetName())
			}
			if done(found) {
				return found, nil
			}
		}
	}
}
