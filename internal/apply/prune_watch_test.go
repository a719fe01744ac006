package apply_test

import (
	"context"
	"sync"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// watcher is a real watch of a namespace's ConfigMaps and Kustomizations, as a set has it.
type watcher struct {
	mu   sync.Mutex
	is   map[object.Ref]*apply.Meta
	gone map[object.Ref]types.UID
	// deaf: nothing of what happens from now on comes through.
	deaf bool
}

func (b *bench) watch() *watcher {
	b.t.Helper()
	watching, err := client.NewWithWatch(server.Config, client.Options{Scheme: server.Client.Scheme(), Mapper: server.Client.RESTMapper()})
	if err != nil {
		b.t.Fatal(err)
	}
	w := &watcher{is: map[object.Ref]*apply.Meta{}, gone: map[object.Ref]types.UID{}}
	for _, gvk := range []schema.GroupVersionKind{{Version: "v1", Kind: "ConfigMap"}, {Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"}} {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(gvk)
		events, err := watching.Watch(b.t.Context(), list, client.InNamespace(b.namespace), client.HasLabels{"resourceset.fluxcd.controlplane.io/name"})
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(events.Stop)
		go w.follow(events, gvk)
	}
	b.Watch = w.told
	return w
}

func (w *watcher) follow(events watch.Interface, gvk schema.GroupVersionKind) {
	for event := range events.ResultChan() {
		o, ok := event.Object.(*metav1.PartialObjectMetadata)
		if !ok {
			continue
		}
		ref := object.RefTo(gvk.GroupKind(), o.Namespace, o.Name)
		o.SetGroupVersionKind(gvk)
		w.mu.Lock()
		switch {
		case w.deaf:
		case event.Type == watch.Deleted:
			delete(w.is, ref)
			w.gone[ref] = o.UID
		default:
			w.is[ref] = o
		}
		w.mu.Unlock()
	}
}

func (w *watcher) told(ref object.Ref) (apply.Glimpse, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if is := w.is[ref]; is != nil {
		return apply.Glimpse{Is: is}, true
	}
	return apply.Glimpse{Gone: w.gone[ref]}, true
}

// deafen lets it hear of nothing that comes from now on.
func (w *watcher) deafen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf = true
}

// pruneWatched prunes by what the watch tells, and returns how many requests that takes.
func (b *bench) pruneWatched(w *watcher, objects ...apply.Object) (apply.Pruned, int64) {
	b.t.Helper()
	inventory := apply.InventoryOf(objects)
	live := apply.Watched(inventory, func(entry apply.Entry) *apply.Meta {
		seen, _ := w.told(entry.Ref)
		return seen.Is
	})
	before := b.requests.Load()
	pruned := b.Resume(b.owner, live).Prune(context.Background(), inventory)
	return pruned, b.requests.Load() - before
}

// await waits until the watch knows the objects as they are.
func (b *bench) await(w *watcher, objects ...apply.Object) {
	b.t.Helper()
	for _, o := range objects {
		gomega.NewWithT(b.t).Eventually(func() bool {
			found := o.DeepCopy()
			if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(found), found); err != nil {
				b.t.Fatal(err)
			}
			seen, _ := w.told(o.Ref())
			return seen.Is != nil && seen.Is.ResourceVersion == found.GetResourceVersion()
		}, "10s").Should(gomega.BeTrue())
	}
}

func TestWhatTheWatchShowsIsDeletedWithOneRequest(t *testing.T) {
	b := newBench(t)
	w := b.watch()
	var all []apply.Object
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		all = append(all, b.configMap(name, name, "x"))
	}
	b.run(all...)
	b.await(w, all...)
	pruned, requests := b.pruneWatched(w, all...)
	if left(pruned) != "" || len(pruned.Changes) != len(all) || requests != int64(len(all)) {
		t.Errorf("%d requests, left %q, changes %v", requests, left(pruned), pruned.Changes)
	}
}

func TestWhatHasChangedSinceTheWatchShowedItIsLookedAtBeforeItIsDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		labels map[string]string
		stays  bool
	}{
		"it is somebody else's by now": {map[string]string{"resourceset.fluxcd.controlplane.io/name": "other", "resourceset.fluxcd.controlplane.io/namespace": "elsewhere"}, true},
		"it is protected by now":       {map[string]string{"fluxcd.controlplane.io/prune": "disabled"}, true},
		"it has another label":         {map[string]string{"seen": "too-late"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			w := b.watch()
			one := b.configMap("1", "one", "a")
			b.run(one)
			b.await(w, one)
			w.deafen()
			found := b.get("one")
			base := found.DeepCopy()
			for key, value := range c.labels {
				found.Labels[key] = value
			}
			if err := server.Client.Patch(context.Background(), found, client.MergeFrom(base)); err != nil {
				t.Fatal(err)
			}
			pruned, _ := b.pruneWatched(w, one)
			if b.exists(one) != c.stays || left(pruned) != "" {
				t.Errorf("it is there: %v; left %q", b.exists(one), left(pruned))
			}
		})
	}
}

func TestWhatFluxHoldsIsWaitedForWithoutAskingForIt(t *testing.T) {
	b := newBench(t)
	w := b.watch()
	held, account := b.kustomization("1", "held"), b.object("1", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: deployer}}")
	b.run(account, held)
	b.await(w, held)
	if pruned, requests := b.pruneWatched(w, held); left(pruned) != "Kustomization/held" || pruned.Since.IsZero() || requests != 1 {
		t.Fatalf("%d requests, left %q since %s", requests, left(pruned), pruned.Since)
	}
	if pruned, requests := b.pruneWatched(w, held); left(pruned) != "Kustomization/held" || requests != 0 {
		t.Fatalf("the second time %d requests, left %q", requests, left(pruned))
	}
	b.finalize(held)
	gomega.NewWithT(t).Eventually(func() bool { seen, _ := w.told(held.Ref()); return seen.Gone != "" }, "10s").Should(gomega.BeTrue())
	if pruned, requests := b.pruneWatched(w, held); left(pruned) != "" || requests != 0 {
		t.Errorf("at last %d requests, left %q", requests, left(pruned))
	}
}

func TestWhatWasMadeAMomentAgoIsNotTakenForGone(t *testing.T) {
	b := newBench(t)
	w := b.watch()
	w.deafen()
	one := b.configMap("1", "one", "a")
	b.run(one)
	pruned, _ := b.pruneWatched(w, one)
	if left(pruned) != "" || b.exists(one) {
		t.Errorf("left %q, it is there: %v", left(pruned), b.exists(one))
	}
}

func TestWhatIsMadeAnewUnderTheNameOfWhatWasDeletedIsNotForgotten(t *testing.T) {
	b := newBench(t)
	w := b.watch()
	one := b.configMap("1", "one", "a")
	b.run(one)
	b.await(w, one)
	b.pruneWatched(w, one)
	w.deafen()
	b.run(one) // which the watch does not show yet
	pruned, _ := b.pruneWatched(w, one)
	if left(pruned) != "" || b.exists(one) {
		t.Errorf("left %q, it is there: %v", left(pruned), b.exists(one))
	}
}

// A watch that is behind tells of an object that is gone, while one of the same name is
// held by its finalizer: what that needs stays until it is gone, too.
func TestAWatchThatIsBehindDoesNotMakeWhatCameLaterGone(t *testing.T) {
	b := newBench(t)
	w := b.watch()
	held := b.kustomization("1", "held")
	b.run(held)
	b.await(w, held)
	w.deafen()
	if err := server.Client.Delete(t.Context(), held.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	b.finalize(held)
	anew := b.kustomization("1", "held")
	b.run(anew)
	if pruned, _ := b.pruneWatched(w, anew); left(pruned) != "Kustomization/held" {
		t.Errorf("left %q, and it is there: %v", left(pruned), b.exists(anew))
	}
}
