package report

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// bench is a reporter over a real API server with one provider.
type bench struct {
	*Reporter
	t        *testing.T
	events   *record.FakeRecorder
	provider *v1.ResourceSetInputProvider
}

func newBench(t *testing.T) *bench {
	t.Helper()
	namespace := server.Namespace(t)
	events := record.NewFakeRecorder(100)
	b := &bench{t: t, events: events, Reporter: &Reporter{Client: server.Client, Events: events}}
	b.provider = &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic},
	}
	if err := server.Client.Create(context.Background(), b.provider); err != nil {
		t.Fatal(err)
	}
	return b
}

// finish closes a run with an outcome.
func (b *bench) finish(outcome Outcome) (ctrl.Result, error) {
	b.t.Helper()
	before := b.provider.DeepCopy()
	return b.Finish(context.Background(), before, b.provider, outcome)
}

// take returns the events recorded since, one a line.
func (b *bench) take() string {
	var out []string
	for len(b.events.Events) > 0 {
		out = append(out, <-b.events.Events)
	}
	return strings.Join(out, "\n")
}

func TestEachOutcomeHasItsConditionsItsEventAndItsNextRun(t *testing.T) {
	cases := []struct {
		name                 string
		outcome              Outcome
		ready                metav1.ConditionStatus
		reconciling, stalled bool
		event                string
		after                time.Duration
		fails                bool
	}{
		{name: "done", outcome: Done(time.Second, time.Minute), ready: metav1.ConditionTrue, event: "Normal ReconciliationSucceeded", after: time.Minute},
		{name: "waiting", outcome: Wait("DependencyNotReady", "wait", time.Second), ready: metav1.ConditionFalse, reconciling: true, event: "Normal DependencyNotReady", after: time.Second},
		{name: "failed", outcome: Outcome{Kind: Failed, Reason: "Broken", Message: "m"}, ready: metav1.ConditionFalse, reconciling: true, event: "Warning Broken", fails: true},
		{name: "failed until a time", outcome: Outcome{Kind: Failed, Reason: "Broken", Message: "m", After: time.Hour}, ready: metav1.ConditionFalse, reconciling: true, event: "Warning Broken", after: time.Hour},
		{name: "stalled", outcome: Outcome{Kind: Stalled, Reason: "Wrong", Message: "m"}, ready: metav1.ConditionFalse, stalled: true, event: "Warning Wrong", fails: true},
		{name: "skipped", outcome: Skip("SkippedDueToSchedule", "m", time.Hour), ready: metav1.ConditionTrue, event: "Normal SkippedDueToSchedule", after: time.Hour},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			result, err := b.finish(c.outcome)
			if (err != nil) != c.fails || result.RequeueAfter != c.after {
				t.Errorf("the next run is after %s, %v", result.RequeueAfter, err)
			}
			if got := conditions.Get(b.provider, meta.ReadyCondition); got.Status != c.ready || got.Reason != c.outcome.Reason || got.ObservedGeneration != 1 {
				t.Errorf("Ready is %+v", got)
			}
			if conditions.IsReconciling(b.provider) != c.reconciling || conditions.IsStalled(b.provider) != c.stalled {
				t.Errorf("the conditions are %+v", b.provider.Status.Conditions)
			}
			if got := b.take(); !strings.HasPrefix(got, c.event) {
				t.Errorf("the event is %q", got)
			}
		})
	}
}

func TestTheSameOutcomeAgainIsNoNewsHoweverLongAfterTheLast(t *testing.T) {
	for _, outcome := range []Outcome{
		Done(time.Second, time.Minute),
		{Kind: Failed, Reason: "Broken", Message: "m"},
		{Kind: Stalled, Reason: "Wrong", Message: "m"},
		Wait("DependencyNotReady", "wait", time.Second),
	} {
		b := newBench(t)
		_, _ = b.finish(outcome) // what it returns is tested above
		b.take()
		b.age(time.Hour)
		before := b.provider.ResourceVersion
		if outcome.Kind == Ready {
			outcome = Done(2*time.Second, time.Minute)
		}
		_, _ = b.finish(outcome)
		if b.provider.ResourceVersion != before || b.take() != "" {
			t.Errorf("%s: something was written", outcome.Reason)
		}
	}
}

// age makes all conditions older.
func (b *bench) age(by time.Duration) {
	b.t.Helper()
	for i := range b.provider.Status.Conditions {
		b.provider.Status.Conditions[i].LastTransitionTime = metav1.NewTime(time.Now().Add(-by).Truncate(time.Second))
	}
	if err := server.Client.Status().Update(context.Background(), b.provider); err != nil {
		b.t.Fatal(err)
	}
}

func TestAStaleObjectIsNotWritten(t *testing.T) {
	b := newBench(t)
	stale := b.provider.DeepCopy()
	_, _ = b.finish(Done(time.Second, time.Minute))
	fresh := b.provider
	b.provider = stale
	result, err := b.finish(Outcome{Kind: Stalled, Reason: "Wrong", Message: "m"})
	if err != nil || result.RequeueAfter != conflictDelay {
		t.Errorf("a conflict ends in %v, %v", result, err)
	}
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(fresh), fresh); err != nil || !conditions.IsReady(fresh) {
		t.Errorf("the fresh status was overwritten: %v, %v", fresh.Status.Conditions, err)
	}
}

func TestALongMessageIsCut(t *testing.T) {
	b := newBench(t)
	_, _ = b.finish(Outcome{Kind: Stalled, Reason: "Wrong", Message: strings.Repeat("x", 100<<10)})
	if got := conditions.GetMessage(b.provider, meta.ReadyCondition); len(got) > maxMessage+20 || !strings.HasSuffix(got, "(cut)") {
		t.Errorf("the message has %d bytes", len(got))
	}
}

func TestTheMetricsSayWhatTheStatusSays(t *testing.T) {
	b := newBench(t)
	_, _ = b.finish(Done(time.Second, time.Minute))
	labels := `exported_namespace="` + b.provider.Namespace + `",kind="ResourceSetInputProvider",name="prs",ready="True",reason="ReconciliationSucceeded",suspended="False",uid="` + string(b.provider.UID) + `",url=""`
	want := "# HELP flux_resourcesetinputprovider_info The current status of a ResourceSetInputProvider.\n" +
		"# TYPE flux_resourcesetinputprovider_info gauge\nflux_resourcesetinputprovider_info{" + labels + "} 1\n"
	only := client.NewNamespacedClient(server.Client, b.provider.Namespace)
	if err := testutil.CollectAndCompare(NewInfo(only), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// A remark may have any words: it is a value before it is a part of a message.
func TestWhatASuccessRemarksIsNewsUnlessItIsTheSame(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		remarks []string
		message string
		news    bool
	}{
		{nil, "Reconciliation finished in 1.5s", true},
		{nil, "Reconciliation finished in 1.5s", false},
		{[]string{"3 more match and wait"}, "Reconciliation finished in 1.5s; 3 more match and wait", true},
		{[]string{"3 more match and wait"}, "Reconciliation finished in 1.5s; 3 more match and wait", false},
		{[]string{"3 more match and wait", `"7; 8" is left out`}, `Reconciliation finished in 1.5s; 3 more match and wait; "7; 8" is left out`, true},
		{[]string{"3 more match and wait", `"7; 8" is left out`}, `Reconciliation finished in 1.5s; 3 more match and wait; "7; 8" is left out`, false},
		{[]string{`8" is left out`}, `Reconciliation finished in 1.5s; 8" is left out`, true},
		{nil, "Reconciliation finished in 1.5s", true},
	} {
		_, _ = b.finish(Done(1500*time.Millisecond+time.Microsecond, time.Minute, c.remarks...))
		if got := conditions.GetMessage(b.provider, meta.ReadyCondition); got != c.message {
			t.Errorf("the message is %q, want %q", got, c.message)
		}
		if got := b.take(); strings.Contains(got, c.message) != c.news {
			t.Errorf("%q: the events are %q", c.remarks, got)
		}
	}
}

func TestAStatusThatIsNotTakenIsSaid(t *testing.T) {
	b := newBench(t)
	_, _ = b.finish(Done(time.Second, time.Hour))
	b.take()
	for n := range 2 {
		before := b.provider.DeepCopy()
		large := before.DeepCopy()
		large.Status.LastExportedRevision = strings.Repeat("x", 4<<20)
		if _, err := b.Finish(context.Background(), before, large, Done(time.Second, time.Hour)); err == nil {
			t.Fatal("it was taken")
		}
		if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(b.provider), b.provider); err != nil {
			t.Fatal(err)
		}
		ready := conditions.Get(b.provider, meta.ReadyCondition)
		if ready.Status != metav1.ConditionFalse || ready.Reason != v1.ReasonStatusNotWritten || b.provider.Status.LastExportedRevision != "" {
			t.Errorf("it is %+v", b.provider.Status)
		}
		if said := b.take(); (n == 0) != strings.Contains(said, "does not take the status") {
			t.Errorf("the events of run %d are %q", n, said)
		}
	}
}
