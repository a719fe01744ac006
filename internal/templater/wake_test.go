package templater

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/test/rig"
)

// newManager returns a manager that nobody has started.
func newManager(t *testing.T) ctrl.Manager {
	t.Helper()
	manager, err := ctrl.NewManager(server.Config, ctrl.Options{Scheme: server.Client.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"}})
	if err != nil {
		t.Fatal(err)
	}
	return manager
}

// watching returns a drift that is at work, and the wakings of sets.
func watching(t *testing.T) (*drift, <-chan struct{}) {
	t.Helper()
	manager := newManager(t)
	d, err := newDrift(manager, apply.NewKinds(server.Discovery, time.Now), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rig.Manage(t, manager)
	woken := make(chan struct{}, 10)
	go func() {
		for range d.events {
			woken <- struct{}{}
		}
	}()
	return d, woken
}

func TestWhatARunTakesAwayItselfWakesNobody(t *testing.T) {
	set := types.NamespacedName{Namespace: "apps", Name: "previews"}
	inventory := apply.Inventory{{Ref: object.Ref{Kind: "ConfigMap", Namespace: "apps", Name: "api-1"}, Version: "v1"}}
	gone := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: "apps", Name: "api-1", UID: "1",
		Labels: map[string]string{v1.OwnerLabelPrefix + "/namespace": set.Namespace, v1.OwnerLabelPrefix + "/name": set.Name},
	}}
	goes := func(d *drift) { d.deleted(schema.GroupKind{Kind: "ConfigMap"}, gone) }
	for name, c := range map[string]struct {
		happens func(d *drift)
		woken   int
	}{
		"the run deletes it and sees it go": {func(d *drift) {
			end := d.begin(set, apply.NewMemory())
			d.own(set, inventory)
			goes(d)
			d.own(set, nil)
			end()
		}, 0},
		"the run deletes it, and it goes later": {func(d *drift) {
			end := d.begin(set, apply.NewMemory())
			d.own(set, inventory)
			d.own(set, nil)
			end()
			goes(d)
		}, 0},
		"somebody deletes it while a run is at work": {func(d *drift) {
			end := d.begin(set, apply.NewMemory())
			d.own(set, inventory)
			goes(d)
			end()
		}, 1},
		"it was on its way out when the run ended": {func(d *drift) {
			end := d.begin(set, apply.NewMemory())
			d.own(set, inventory)
			end()
			goes(d)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := &drift{events: make(chan event.GenericEvent, 9), stopped: make(chan struct{}), sleepers: newSleepers()}
			c.happens(d)
			if len(d.events) != c.woken {
				t.Errorf("the set is woken %d times, want %d", len(d.events), c.woken)
			}
		})
	}
}

func TestAStatusThatChangesWhileARunIsAtWorkIsReadAgain(t *testing.T) {
	set := types.NamespacedName{Namespace: "apps", Name: "previews"}
	ref := object.Ref{Kind: "ConfigMap", Namespace: "apps", Name: "api-1"}
	in := func(version string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Namespace: ref.Namespace, Name: ref.Name, Generation: 1, ResourceVersion: version,
			Labels: map[string]string{v1.OwnerLabelPrefix + "/namespace": set.Namespace, v1.OwnerLabelPrefix + "/name": set.Name},
		}}
	}
	for awaits, woken := range map[waiting]int{true: 1, false: 0} {
		d := &drift{events: make(chan event.GenericEvent, 9), stopped: make(chan struct{}), sleepers: newSleepers()}
		end := d.begin(set, apply.NewMemory())
		d.own(set, apply.Inventory{{Ref: ref, Version: "v1"}})
		d.updated(schema.GroupKind{Kind: ref.Kind}, in("1"), in("2"))
		d.await(set, awaits)
		end()
		time.Sleep(2 * moment)
		if len(d.events) != woken {
			t.Errorf("a run that awaits something: %t is followed by %d, want %d", awaits, len(d.events), woken)
		}
	}
}
