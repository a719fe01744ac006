package watcher

import (
	"net/http"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestARunTakesNoLongerThanTheOperatorAllows(t *testing.T) {
	for asked, want := range map[string]time.Duration{"24h": 10 * time.Minute, "30s": 30 * time.Second, "": 2 * time.Minute} {
		provider := &v1.ResourceSetInputProvider{}
		if asked != "" {
			provider.Annotations = map[string]string{v1.ReconcileTimeoutAnnotation: asked}
		}
		if got := (&Reconciler{MaxTimeout: 10 * time.Minute}).timeout(provider); got != want {
			t.Errorf("with %q a run has %s, want %s", asked, got, want)
		}
	}
}

func TestARunThatTheOperatorCutsShortNamesTheFlag(t *testing.T) {
	b, f := newBench(t), forge.NewGitea(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) }) // before the server is closed, which waits for its clients
	f.Break(func(http.ResponseWriter, *http.Request) bool {
		<-release
		return false
	})
	b.MaxTimeout = 200 * time.Millisecond
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Annotations[v1.ReconcileTimeoutAnnotation] = "24h" })
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "; it had 200ms, the most that --max-reconcile-timeout allows")
}
