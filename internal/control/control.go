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

// Request asks for a run now.
type Request struct {
	// Token is any value that was not asked with before: a time.
	Token string
	// Force asks a provider to run whatever its schedule says.
	Force bool
}

// NewRequest makes a request of a time.
func NewRequest(now time.Time) Request { return Request{Token: now.UTC().Format(time.RFC3339Nano)} }

// Send annotates an object.
func (r Request) Send(ctx context.Context, cluster client.Client, object client.Object) error {
	annotations := map[string]any{meta.ReconcileRequestAnnotation: r.Token}
	if r.Force {
		annotations[meta.ForceRequestAnnotation] = r.Token
	}
	return annotate(ctx, cluster, object, annotations)
}

// Handled reports whether the request was acted on.
func (r Request) Handled(object *unstructured.Unstructured) bool {
	handled, _, _ := unstructured.NestedString(object.Object, "status", "lastHandledReconcileAt")
	return handled == r.Token
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
