package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
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
func (b *bare) change(ctx context.Context, id, commit string) (time.Duration, error) {
	start := time.Now()
	b.all[id] = commit
	if err := errors.Join(b.flock.Export(ctx, b.all), b.apply(ctx, id)); err != nil {
		return 0, err
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/status/previews/7/sha", "value": commit},
		{"op": "replace", "path": "/status/previews/7/revision", "value": "sha256:" + commit},
		{"op": "replace", "path": "/status/lastAppliedRevision", "value": "sha256:" + commit},
	})
	if err != nil {
		return 0, err
	}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: b.flock.Namespace, Name: "previews"}}
	err = b.Status().Patch(ctx, set, client.RawPatch(types.JSONPatchType, patch))
	return time.Since(start), err
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
