package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestAnAnnotationThatSaysNothingIsToldWhateverTheRunCameTo(t *testing.T) {
	for claim, c := range map[string]struct {
		annotations map[string]string
		outcome     Outcome
		want        string
	}{
		"an interval in words": {
			map[string]string{v1.ReconcileEveryAnnotation: "5 minutes"}, Done(time.Second, time.Minute),
			`Reconciliation finished in 1s; fluxcd.controlplane.io/reconcileEvery: "5 minutes" is no duration, so the default holds; did you mean "5m"?: write 5m`,
		},
		"a timeout that is none, of a run that failed": {
			map[string]string{v1.ReconcileTimeoutAnnotation: "soon"}, FromError(errors.New("503")),
			`503; fluxcd.controlplane.io/reconcileTimeout: "soon" is no duration, so the default holds: write one such as 5m`,
		},
		"a switch that is neither": {
			map[string]string{v1.ReconcileAnnotation: "false"}, Wait("DependencyNotReady", "waits", time.Second),
			`waits; fluxcd.controlplane.io/reconcile: "false" is neither enabled nor disabled, and is not heeded`,
		},
		"a key that nobody knows": {
			map[string]string{v1.Group + "/reconcileEvry": "5m"}, Done(time.Second, time.Minute), `did you mean "fluxcd.controlplane.io/reconcileEvery"?`,
		},
		"what is heeded": {map[string]string{v1.ReconcileEveryAnnotation: "5m", v1.ForceAnnotation: "Enabled"}, Done(time.Second, time.Minute), "finished in 1s"},
	} {
		b := newBench(t)
		b.provider.Annotations = c.annotations
		if err := server.Client.Update(t.Context(), b.provider); err != nil {
			t.Fatal(err)
		}
		b.finish(c.outcome) //nolint:errcheck,gosec // what it says is looked at
		got := conditions.GetMessage(b.provider, meta.ReadyCondition)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: it says %q", claim, got)
		}
		if said := b.take(); !strings.Contains(said, c.want) {
			t.Errorf("%s: the event says %q", claim, said)
		}
		if c.want == "finished in 1s" && strings.Contains(got, ";") {
			t.Errorf("%s: it says %q", claim, got)
		}
		b.finish(c.outcome) //nolint:errcheck,gosec // what it says is looked at
		if again := b.take(); again != "" {
			t.Errorf("%s: said again, it is news: %s", claim, again)
		}
	}
}
