package watcher

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

// checked watches a forge with a gate of checks, and a clock that is set by hand.
func (b *bench) checked(f *forge.Forge, checks ...v1.GateCheck) (pass func(time.Duration)) {
	b.t.Helper()
	reach := b.reach(f)
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		reach(p)
		p.Spec.Gate = &v1.Gate{Checks: checks}
	})
	now := time.Now()
	b.Now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

// toldOf is a forge that tells what CI says of a commit.
func toldOf(t *testing.T, f *forge.Forge) source.Checks {
	t.Helper()
	kind, err := source.TypeOf(f.Type)
	if err != nil {
		t.Fatal(err)
	}
	return kind.Checks
}

func TestACommitIsExportedOnceItsVeryCheckHasSucceeded(t *testing.T) {
	for _, start := range everyForge {
		f := start(t)
		if !toldOf(t, f).Told {
			continue
		}
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			pass := b.checked(f, v1.GateCheck{Name: "build"})
			a, c := strings.Repeat("a", 40), strings.Repeat("c", 40)
			say := func(sha, name, state string) {
				f.Check(forge.Check{SHA: sha, Name: name, App: "acme-ci", State: state})
			}
			one := f.Open(forge.Request{SHA: a})
			b.wantHeld("", "1@"+a+"() WaitingForCheck: waits for the check build (there is no check of its commit yet)")
			say(a, "Build", "success")
			pass(time.Minute)
			b.wantHeld("", "1@"+a+"() WaitingForCheck: waits for the check build (there are: Build)")
			say(a, "build", "failure")
			pass(time.Minute)
			if got := heldBy(b.want("")); !strings.HasPrefix(got, "1@"+a+"() CheckFailed: waits for the check build, which came to fail") && !strings.Contains(got, "FAILED") {
				t.Errorf("held is %s", got)
			}
			say(a, "build", "success")
			pass(time.Minute)
			first := b.wantHeld("1@"+a, "")
			var proofs []map[string]string
			if err := json.Unmarshal(first.Status.ExportedInputs[0]["checks"].Raw, &proofs); err != nil || len(proofs) != 1 || proofs[0]["name"] != "build" || proofs[0]["state"] != "success" {
				t.Errorf("proved is %v, %v", proofs, err)
			}

			f.Push(one, c)
			b.wantHeld("1@"+a, "1@"+c+"("+a+") WaitingForCheck: waits for the check build (there is no check of its commit yet)")
			say(c, "build", "success")
			pass(time.Minute)
			b.wantHeld("1@"+c, "")
		})
	}
}

func TestACheckThatWasMetIsNeverAskedForAgain(t *testing.T) {
	b, f := newBench(t), forge.NewGitea(t)
	pass := b.checked(f, v1.GateCheck{Name: "build"})
	f.Open(forge.Request{SHA: "a"})
	f.Check(forge.Check{SHA: "a", Name: "build", State: "success"})
	b.want("1@a")
	f.Check(forge.Check{SHA: "a", Name: "build", State: "failure"})
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/statuses") && forge.Status(http.StatusInternalServerError)(w, r)
	})
	for range 3 {
		pass(time.Hour)
		b.Looks.Forget(types.NamespacedName{Namespace: b.namespace, Name: "prs"}) // as a restart does
		b.wantReady(b.wantHeld("1@a", ""), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	}
}

func TestChecksThatCannotBeReadHoldUpWhoWaitsForThemAndNobodyElse(t *testing.T) {
	b, f := newBench(t), forge.NewGitHub(t)
	pass := b.checked(f, v1.GateCheck{Name: "build"})
	f.Open(forge.Request{SHA: "a"})
	f.Check(forge.Check{SHA: "a", Name: "build", App: "github-actions", State: "success"})
	b.want("1@a")
	f.Open(forge.Request{SHA: "b"})
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/commits/") && forge.Status(http.StatusForbidden)(w, r)
	})
	for range 4 {
		pass(time.Minute)
		provider := b.want("1@a")
		b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
		if got := heldBy(provider); !strings.Contains(got, "2@b() EvidenceUnavailable: waits, as it cannot be told what CI says of its commit: ") || strings.Contains(got, "pull it") {
			t.Fatalf("held is %s", got)
		}
	}
}

func TestAGateOfChecksThatNobodyTellsOfIsRefused(t *testing.T) {
	for _, c := range []struct {
		start func(testing.TB) *forge.Forge
		check v1.GateCheck
		words string
	}{
		{forge.NewCodeCommit, v1.GateCheck{Name: "build"}, "spec.gate.checks: a provider of type AWSCodeCommitPullRequest cannot tell what CI says of a commit: remove it"},
		{forge.NewAzureDevOps, v1.GateCheck{Name: "build", App: "x"}, "spec.gate.checks[0].app: a provider of type AzureDevOpsPullRequest cannot tell who says so: remove it"},
	} {
		b, f := newBench(t), c.start(t)
		b.checked(f, c.check)
		b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonInvalidSpec, c.words)
	}
}
