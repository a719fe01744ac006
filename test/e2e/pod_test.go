package e2e_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// TestTheOperatorRunsAsItsUsersRunIt plays the life of previews in a system of its own
// with the operator as two pods, from the image and the chart, and no rights but the
// chart's. It is updated and it loses its leader in between.
func TestTheOperatorRunsAsItsUsersRunIt(t *testing.T) {
	inPods(t)
	gone := recordDeletions(t)
	first, second := preview(t, "Before"), preview(t, "Closed meanwhile")
	before := operators(t)
	equal(t, len(before), 2)
	story := t

	t.Run("an update serves what happens meanwhile", func(t *testing.T) {
		late := open(story, "Opened meanwhile")
		updated := make(chan error, 1)
		go func() {
			_, err := world.InstallOperator(t.Context(), "podAnnotations.update=second")
			updated <- err
		}()
		must(t, world.Forge.AddLabel(t.Context(), late))
		must(t, world.Forge.Close(t.Context(), second))
		first = push(t, first, "Pushed meanwhile")
		must(t, <-updated)
		expect(t, world.Manned())
		expect(t, world.Led(before...))
		poll(t)
		expect(t, world.Deployed(late))
		expect(t, world.Deployed(first))
		expect(t, world.Absent(second))
	})
	t.Run("when the leader goes, the other one takes over", func(t *testing.T) {
		leader, err := world.Leader(t.Context())
		must(t, err)
		pod := &corev1.Pod{}
		pod.Name, pod.Namespace = leader, actors.FluxNamespace
		must(t, world.Kube.Delete(t.Context(), pod))
		expect(t, world.Led(leader))
		first = push(t, first, "Pushed to the next one")
		poll(t)
		expect(t, world.Deployed(first))
	})
	t.Run("nothing was deleted but the preview that was closed", func(t *testing.T) {
		still(t, world.Deployed(first))
		equal(t, strings.Join(gone(), " "), second.Kustomization())
	})
	t.Run("it tells Flux's notification-controller", alertTells)
	t.Run("closed, the last one goes", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), first))
		poll(t)
		expect(t, world.Absent(first))
	})
}

// inPods makes a system with the operator in pods the world until the test ends.
func inPods(t *testing.T) {
	t.Helper()
	ownSystem(t)
	must(t, world.PushOperator(t.Context()))
	must(t, world.PrepareForOperator(t.Context()))
	_, err := world.InstallOperator(t.Context())
	must(t, err)
	must(t, world.StartPreviews(t.Context()))
}

// ownSystem makes a system the world until the test ends, which has no operator yet.
func ownSystem(t *testing.T) {
	t.Helper()
	if world.System.Node == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	programs := world.Programs
	programs.Operated, programs.Node = actors.InPods, "on"
	dir := filepath.Join(t.TempDir(), "system")
	guard, err := programs.Guard(dir)
	must(t, err)
	t.Cleanup(func() {
		if err := guard.Release(); err != nil {
			t.Error(err)
		}
	})
	system, err := programs.Up(t.Context(), dir)
	must(t, err)
	all := world
	world, err = actors.Open(programs, system)
	t.Cleanup(func() { world = all })
	must(t, err)
}

// operators are the names of its pods.
func operators(t *testing.T) []string {
	t.Helper()
	pods, err := world.Operators(t.Context())
	must(t, err)
	var names []string
	for _, pod := range pods {
		names = append(names, pod.Name)
	}
	return names
}

// recordDeletions notes each Kustomization of a preview that goes from now on.
func recordDeletions(t *testing.T) (gone func() []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	events, err := world.Kube.Watch(ctx, &kustomizev1.KustomizationList{}, client.InNamespace(actors.Namespace))
	must(t, err)
	var mu sync.Mutex
	var names []string
	go func() {
		for event := range events.ResultChan() {
			if object, ok := event.Object.(client.Object); ok && event.Type == watch.Deleted {
				mu.Lock()
				names = append(names, object.GetName())
				mu.Unlock()
			}
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), names...)
	}
}
