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

func TestARequestIsHandledWhenItsOwnTokenIsNotThatOfOneBefore(t *testing.T) {
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
