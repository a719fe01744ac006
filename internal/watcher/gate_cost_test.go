package watcher

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestAHundredThatWaitCostARegistryAHundredLooksAMinuteAndNoneAtRest(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	b.Report.Floor = 5 * time.Second // as the operator has it
	b.Shared = source.NewShared(b.Now, transport.LocalNetworks())
	var commits []string
	for n := range 100 {
		commits = append(commits, fmt.Sprintf("%040x", n))
		f.Open(forge.Request{SHA: commits[n]})
	}
	looks := func() int { return r.Asked("HEAD ") }
	var each []int
	for range 6 {
		before, end := looks(), b.Now().Add(time.Minute)
		for b.Now().Before(end) {
			b.run()
			pass(b.result.RequeueAfter)
		}
		each = append(each, looks()-before)
	}
	for minute, n := range each {
		if n > 100 || n < 50 {
			t.Errorf("in the minute %d there were %d looks: %v", minute, n, each)
		}
	}
	t.Logf("looks in each minute: %v; by GET: %d", each, r.Asked("GET /v2/acme/api/manifests/"))

	r.Push(t, "", commits...)
	for range 10 {
		pass(time.Minute)
		if len(b.run().Status.ExportedInputs) == 100 {
			break
		}
	}
	asked := r.Asked("")
	var last *v1.ResourceSetInputProvider
	for range 5 {
		pass(10 * time.Minute)
		last = b.run()
	}
	if n := len(last.Status.ExportedInputs); n != 100 || r.Asked("") != asked {
		t.Errorf("%d are exported, and at rest the registry was asked %d times", n, r.Asked("")-asked)
	}
}

func TestManyThatWaitForChecksCostAForgeAHundredLooksAMinute(t *testing.T) {
	b, f := newBench(t), forge.NewGitea(t)
	pass := b.checked(f, v1.GateCheck{Name: "build"})
	b.Report.Floor = 5 * time.Second
	provider := b.run()
	provider.Spec.Filter = &v1.InputProviderFilter{Limit: 150}
	if err := b.Client.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	for n := range 150 {
		f.Open(forge.Request{SHA: fmt.Sprintf("%040x", n)})
	}
	looks, of := 0, map[string]int{}
	f.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/statuses") {
			looks++
			of[r.URL.Path]++
		}
		return false
	})
	for minute := range 6 {
		before, end := looks, b.Now().Add(time.Minute)
		for b.Now().Before(end) {
			b.run()
			pass(b.result.RequeueAfter)
		}
		if n := looks - before; n > 100 || n < 50 {
			t.Errorf("in the minute %d there were %d looks", minute, n)
		}
	}
	if fewest := slices.Min(slices.Collect(maps.Values(of))); len(of) != 150 || fewest < 3 {
		t.Errorf("of %d commits one was looked at %d times in six minutes", len(of), fewest)
	}
}

// hangs is a registry that answers nothing but about one tag.
func hangs(but string) forge.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/manifests/") && !strings.HasSuffix(r.URL.Path, "/manifests/"+but) && forge.Hang()(w, r)
	}
}

func TestWhatWasMetIsExportedThoughOthersAreNotAnsweredYet(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	b.Looks.Patience = time.Minute
	f.Open(forge.Request{SHA: "a"})
	f.Open(forge.Request{SHA: "b"})
	r.Push(t, "", "a", "b")
	r.Break(hangs("a"))
	began := time.Now()
	provider := b.want("1@a")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it was exported %s after the look", took)
	}
	if got := heldBy(provider); got != "2@b() EvidenceUnavailable: waits for its turn to be looked for, as many others are" {
		t.Errorf("held is %s", got)
	}
	provider = b.want("1@a") // in the same moment: nobody has looked for the other yet
	if got := heldBy(provider); !strings.HasPrefix(got, "2@b() EvidenceUnavailable") {
		t.Errorf("held is %s", got)
	}
	r.Break(nil)
	pass(time.Second)
	b.wantHeld("1@a 2@b", "")
}

func TestARegistryThatHangsHoldsNobodyUpForLong(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	b.Looks.Patience = 300 * time.Millisecond
	one := f.Open(forge.Request{SHA: "a"})
	f.Open(forge.Request{SHA: "b"})
	r.Push(t, "", "a", "b")
	b.want("1@a 2@b")
	r.Break(hangs(""))
	f.Close(one)
	f.Push(2, "c")
	for n := range 20 {
		f.Open(forge.Request{SHA: fmt.Sprint("d", n)})
	}
	pass(time.Minute)
	provider := b.want("2@b")
	b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := heldBy(provider); !strings.Contains(got, "2@c(b) EvidenceUnavailable: waits, as it cannot be told whether what it waits for is there: nothing was answered within 300ms") {
		t.Errorf("held is %s", got)
	}
}
