package watcher

import (
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
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
