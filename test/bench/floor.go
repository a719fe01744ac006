package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
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
