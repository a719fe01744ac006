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

	"github.com/eddy-previews/eddy/internal/object"
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

	drift, woken := watching(t)
	b.drift = drift
	b.restart()
	var once sync.Once
	b.counter.answered = func(req *http.Request) {
		if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "/configmaps") || req.URL.Query().Get("watch") != "" {
			return
		}
		once.Do(func() {
			o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "api-1"}}
			ref := object.Ref{Kind: "ConfigMap", Namespace: b.namespace, Name: "api-1"}
			b.delete(o)
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
