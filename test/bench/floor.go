package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/test/rig"
)

// atOnce is how many objects Eddy applies at once unless it is told otherwise.
const atOnce = 4

// measureFloor is the time in which a client that does nothing else applies the
// objects of so many previews, by way of the proxy that operators use.
func measureFloor(ctx context.Context, on *rig.Rig, previews int) (time.Duration, error) {
	namespace, err := on.Namespace(ctx)
	if err != nil {
		return 0, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", on.Kubeconfig)
	if err != nil {
		return 0, err
	}
	config.QPS = -1
	plain, err := client.New(config, client.Options{})
	if err != nil {
		return 0, err
	}
	start := time.Now()
	writers, ctx := errgroup.WithContext(ctx)
	writers.SetLimit(atOnce)
	for id := range previews {
		writers.Go(func() error {
			object := kustomization(namespace, fmt.Sprint(id))
			return plain.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("bench"))
		})
	}
	err = writers.Wait()
	return time.Since(start), err
}

// bare is how a client that does nothing else changes one preview of a set.
type bare struct {
	client.Client
	on    *rig.Rig
	flock *rig.Flock
	all   map[string]string
	// done counts what it has written.
	done int
}

// newBare makes a provider and a set of the same size as another, which no operator
// serves, and whose objects the client writes.
func newBare(ctx context.Context, on *rig.Rig, like *rig.Flock, commits map[string]string) (*bare, error) {
	flock, err := on.NewSuspendedFlock(ctx, resources)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", on.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	plain, err := client.New(config, client.Options{Scheme: on.Client.Scheme()})
	if err != nil {
		return nil, err
	}
	full, err := like.Set(ctx)
	if err != nil {
		return nil, err
	}
	b := &bare{Client: plain, on: on, flock: flock, all: maps.Clone(commits)}
	filled := retry.RetryOnConflict(retry.DefaultRetry, func() error { // the operator notes that it is suspended
		set, err := flock.Set(ctx)
		if err != nil {
			return err
		}
		set.Status = full.Status
		return plain.Status().Update(ctx, set)
	})
	return b, errors.Join(filled, flock.Export(ctx, b.all), b.apply(ctx, "7"))
}

// change writes what the change of one preview comes to: the inputs, the object, and
// its line of the status; and returns how long that takes.
func (b *bare) change(ctx context.Context) (time.Duration, error) {
	const id = "7"
	start := time.Now()
	b.done++
	commit := fmt.Sprintf("beef%d", b.done)
	b.all[id] = commit
	err := errors.Join(b.flock.Export(ctx, b.all), b.apply(ctx, id), b.status(ctx,
		put("previews/"+id+"/sha", commit),
		put("previews/"+id+"/revision", "sha256:"+commit),
		put("lastAppliedRevision", "sha256:"+commit)))
	return time.Since(start), err
}

// answer asks for a run and writes that there was one; and returns how long that takes.
func (b *bare) answer(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	b.done++
	err := errors.Join(b.flock.Request(ctx), b.status(ctx, put("lastHandledReconcileAt", fmt.Sprint(b.done))))
	return time.Since(start), err
}

// put is an operation of a JSON patch on a field of the status.
func put(field, value string) map[string]string {
	return map[string]string{"op": "add", "path": "/status/" + field, "value": value}
}

// status changes that of the set, as Eddy does: what is stored is not read back.
func (b *bare) status(ctx context.Context, operations ...map[string]string) error {
	patch, err := json.Marshal(operations)
	if err != nil {
		return err
	}
	return b.Status().Patch(ctx, b.flock.Name(), client.RawPatch(types.JSONPatchType, patch))
}

func (b *bare) apply(ctx context.Context, id string) error {
	object := kustomization(b.flock.Namespace, id)
	if err := unstructured.SetNestedField(object.Object, b.all[id], commitField...); err != nil {
		return err
	}
	return b.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("bench"))
}

// kustomization is what resources renders.
func kustomization(namespace, id string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
		"metadata": map[string]any{"namespace": namespace, "name": name(id)},
		"spec": map[string]any{
			"interval": "10m", "prune": true, "path": "./deploy/preview",
			"sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"},
			"postBuild": map[string]any{"substitute": map[string]any{"PR_NUMBER": id, "COMMIT_SHA": "c0ffee"}},
		},
	}}
}
