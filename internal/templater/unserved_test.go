package templater

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/test/rig"
)

// What asks in vain for a kind that is gone would do so for ever, and each time every
// set would take its own watch to be broken, too.
func TestAKindThatIsServedNoMoreIsWatchedNoMore(t *testing.T) {
	b := newBench(t)
	group, _ := b.widgets()
	widget := &unstructured.Unstructured{}
	widget.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Widget"})
	widget.SetNamespace(b.namespace)
	widget.SetName("app")
	widget.SetLabels(map[string]string{v1.OwnerLabelPrefix + "/name": "previews", v1.OwnerLabelPrefix + "/namespace": b.namespace})
	if err := server.Client.Create(t.Context(), widget); err != nil {
		t.Fatal(err)
	}
	d, woken := watching(t)
	set := types.NamespacedName{Namespace: b.namespace, Name: "previews"}
	widgets := apply.Inventory{{Ref: object.RefOf(widget), Version: "v1"}}
	others := apply.Inventory{{Ref: object.Ref{Kind: "ConfigMap", Namespace: b.namespace, Name: "app"}, Version: "v1"}}
	d.own(set, widgets)
	d.watch(context.WithoutCancel(t.Context()), append(widgets, others...))
	if _, reached := d.observed(t.Context(), widgets); !reached {
		t.Fatal("the kind is not watched")
	}
	b.undefine(group)
	gone := time.Now()
	b.await("the kind is watched no more", func() bool {
		_, reached := d.observed(t.Context(), widgets)
		return !reached
	})
	b.await("the set is woken that has some of it", func() bool { return len(woken) > 0 })
	if !d.heardSince(gone, others) {
		t.Error("the watch of another kind is taken to be broken")
	}
	time.Sleep(time.Second) // for who has begun to ask
	given := time.Now()
	time.Sleep(2 * time.Second)
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.broken[schema.GroupResource{Group: group, Resource: "widgets"}]; at.IsZero() || at.After(given) {
		t.Errorf("it was last asked for in vain at %s, and given up at %s", at, given)
	}
}

func TestWhatWasDeployedOfAKindThatIsServedNoMoreIsWatchedNoMore(t *testing.T) {
	b := newBench(t)
	group, _ := b.widgets()
	widgets := schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Widget"}
	manager := newManager(t)
	p, err := newPulse(manager, apply.NewKinds(server.Discovery, time.Now), nil, func(types.NamespacedName) {})
	if err != nil {
		t.Fatal(err)
	}
	rig.Manage(t, manager)
	isWatched := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.watched[widgets.GroupKind()]
	}
	p.watched[widgets.GroupKind()] = true
	p.kinds <- widgets
	time.Sleep(time.Second) // for the watches to begin
	if !isWatched() {
		t.Fatal("the kind is not watched")
	}
	b.undefine(group)
	b.await("the kind is watched no more", func() bool { return !isWatched() })
}
