package control_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/control"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// made is a set in a namespace of its own, and a client that watches.
func made(t *testing.T) (client.WithWatch, *unstructured.Unstructured) {
	t.Helper()
	set := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"resourcesTemplate": "# nothing"}}}
	set.SetGroupVersionKind(v1.GroupVersion.WithKind(v1.ResourceSetKind))
	set.SetNamespace(server.Namespace(t))
	set.SetName("previews")
	set.SetAnnotations(map[string]string{"mine": "stays"})
	cluster, err := client.NewWithWatch(server.Config, client.Options{Scheme: server.Client.Scheme(), Mapper: server.Client.RESTMapper()})
	if err == nil {
		err = cluster.Create(context.Background(), set)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cluster, set
}

// handle says of a set that it acted on a request.
func handle(t *testing.T, set *unstructured.Unstructured, token string) {
	t.Helper()
	handled := set.DeepCopy()
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(set), handled); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedField(handled.Object, token, "status", "lastHandledReconcileAt"); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Status().Update(context.Background(), handled); err != nil {
		t.Fatal(err)
	}
}

func TestARequestIsAwaitedWhateverWasAskedBefore(t *testing.T) {
	cluster, set := made(t)
	earlier, request := control.NewRequest(time.Now()), control.NewRequest(time.Now().Add(time.Second))
	request.Force = true
	if err := request.Send(t.Context(), cluster, set); err != nil {
		t.Fatal(err)
	}
	annotations := set.GetAnnotations()
	if annotations["reconcile.fluxcd.io/requestedAt"] != request.Token || annotations["reconcile.fluxcd.io/forceAt"] != request.Token || annotations["mine"] != "stays" {
		t.Errorf("the annotations are %v", annotations)
	}
	found := make(chan error, 1)
	go func() {
		object, err := control.Await(t.Context(), cluster, set, request.Handled)
		if err == nil && !request.Handled(object) {
			err = errors.New("it was not handled yet")
		}
		found <- err
	}()
	handle(t, set, earlier.Token)
	handle(t, set, request.Token)
	if err := <-found; err != nil {
		t.Error(err)
	}
}

// Who asks later writes over what was asked before, and one run answers both.
func TestARequestIsHandledByARunThatBeganAfterIt(t *testing.T) {
	const long, ahead, number = "2001-02-03T04:05:06Z", "2999-02-03T04:05:06Z", "1733000000123456789"
	for claim, test := range map[string]struct {
		before, after string // what is asked with, and handled, before the request and after it
		force         bool
		handled       bool
		lost          bool
	}{
		"nobody handles it":                       {after: ""},
		"its own run":                             {after: "handle OWN", handled: true},
		"a run for one before":                    {before: "ask a", after: "handle a"},
		"one before of a clock that is ahead":     {before: "ask " + ahead, after: "handle " + ahead},
		"a run for a later one":                   {after: "ask b, handle b", handled: true},
		"a later one of a clock that is behind":   {after: "ask " + long + ", handle " + long, handled: true},
		"a later one that is a number":            {before: "ask 5, handle 5", after: "ask " + number + ", handle " + number, handled: true},
		"a later one, and a third one is asked":   {after: "ask b, ask c, handle b", handled: true},
		"a later one that was handled before":     {before: "ask a, handle a", after: "ask a"},
		"a later one that is not handled":         {before: "ask a", after: "ask b, handle a"},
		"its own run, by force":                   {force: true, after: "handle OWN", handled: true},
		"a later one by force":                    {force: true, after: "force b, handle b", handled: true},
		"a later one without force, where it has": {force: true, after: "ask b, handle b", handled: true, lost: true},
		"a later one by force, where it has none": {after: "force b, handle b", handled: true},
	} {
		t.Run(claim, func(t *testing.T) {
			cluster, set := made(t)
			play(t, set, test.before, func(*unstructured.Unstructured) {})
			request := control.NewRequest(time.Now())
			request.Force = test.force
			if err := request.Send(t.Context(), cluster, set); err != nil {
				t.Fatal(err)
			}
			handled, lost := request.Handled(set), false
			play(t, set, strings.ReplaceAll(test.after, "OWN", request.Token), func(now *unstructured.Unstructured) {
				handled, lost = request.Handled(now), request.Lost(now)
			})
			if handled != test.handled || lost != test.lost {
				t.Errorf("handled: %v, lost: %v", handled, lost)
			}
		})
	}
}

// play has requests sent and handled, one after the other, and shows the set after each.
func play(t *testing.T, set *unstructured.Unstructured, steps string, show func(*unstructured.Unstructured)) {
	t.Helper()
	for _, step := range strings.Split(steps, ", ") {
		verb, token, _ := strings.Cut(step, " ")
		other := control.Request{Token: token, Force: verb == "force"}
		switch verb {
		case "":
			continue
		case "handle":
			handle(t, set, token)
		default:
			if err := other.Send(t.Context(), server.Client, set.DeepCopy()); err != nil {
				t.Fatal(err)
			}
		}
		now := set.DeepCopy()
		if err := server.Client.Get(t.Context(), client.ObjectKeyFromObject(set), now); err != nil {
			t.Fatal(err)
		}
		show(now)
	}
}

func TestAwaitingEndsWithTheContextAndWithTheObject(t *testing.T) {
	cluster, set := made(t)
	never := func(*unstructured.Unstructured) bool { return false }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := control.Await(cancelled, cluster, set, never); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	found, seen := make(chan error, 1), make(chan struct{}, 10)
	go func() {
		_, err := control.Await(t.Context(), cluster, set, func(*unstructured.Unstructured) bool {
			seen <- struct{}{}
			return false
		})
		found <- err
	}()
	<-seen // it is watched
	if err := cluster.Delete(t.Context(), set.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	if err := <-found; err == nil || !strings.Contains(err.Error(), "ResourceSet "+set.GetNamespace()+"/previews was deleted meanwhile") {
		t.Errorf("it ends with %v", err)
	}
}

func TestWhoSuspendedIsNotedAndForgottenWhenItGoesOn(t *testing.T) {
	cluster, set := made(t)
	if err := control.Suspend(t.Context(), cluster, set, "grace"); err != nil {
		t.Fatal(err)
	}
	if a := set.GetAnnotations(); !v1.IsDisabled(a) || a[v1.SuspendedByAnnotation] != "grace" || a["mine"] != "stays" {
		t.Errorf("the annotations are %v", a)
	}
	if err := control.Resume(t.Context(), cluster, set); err != nil {
		t.Fatal(err)
	}
	if a := set.GetAnnotations(); len(a) != 1 || a["mine"] != "stays" {
		t.Errorf("the annotations are %v", a)
	}
}
