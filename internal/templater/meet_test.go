package templater

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/test/rig"
)

// The first run of a process lists what a set owns. What goes right after it was listed
// would else be missed for an interval.
func TestWhatGoesWhileASetIsLookedAtForTheFirstTimeWakesIt(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: api-<< inputs.id >>, namespace: NS}
`)
	b.run()

	manager, err := ctrl.NewManager(server.Config, ctrl.Options{Scheme: server.Client.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"}})
	if err != nil {
		t.Fatal(err)
	}
	b.drift, err = newDrift(manager, b.Kinds, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rig.Manage(t, manager)
	b.restart()
	woken := make(chan struct{}, 9)
	go func() {
		for range b.drift.events {
			woken <- struct{}{}
		}
	}()
	var once sync.Once
	b.counter.answered = func(req *http.Request) {
		if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "/configmaps") || req.URL.Query().Get("watch") != "" {
			return
		}
		once.Do(func() {
			object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "api-1"}}
			ref := apply.Ref{Kind: "ConfigMap", Namespace: b.namespace, Name: "api-1"}
			b.delete(object)
			b.await("the watch tells that it is gone", func() bool {
				found, reached := b.drift.read(context.Background(), ref)
				return reached && found == nil
			})
		})
	}
	b.run()
	select {
	case <-woken:
	case <-time.After(5 * moment):
		t.Error("nobody is told that an object is gone")
	}
}
