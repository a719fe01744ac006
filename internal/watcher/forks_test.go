package watcher

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/approval"
	"github.com/eddy-previews/eddy/test/forge"
)

const (
	shaA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// guarded watches a forge on which grace may approve, by a clock that is set by hand.
func (b *bench) guarded(f *forge.Forge, change func(*v1.ResourceSetInputProvider)) (pass func(time.Duration)) {
	b.t.Helper()
	f.Permit("grace", "write")
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Skip = nil
		p.Spec.Forks = &v1.Forks{Policy: v1.ForksApprove}
		if f.Type == v1.InputProviderAzureDevOpsPullRequest {
			p.Spec.Forks.Approvers = []string{"grace@example.com"}
		}
		if change != nil {
			change(p)
		}
	})
	now := time.Now().Truncate(time.Second)
	b.Now = func() time.Time { return now }
	f.Clock(b.Now)
	return func(d time.Duration) { now = now.Add(d) }
}

func TestAForksCommitRunsOnceSomebodyHasApprovedOfIt(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			pass := b.guarded(f, nil)
			f.Open(forge.Request{SHA: shaA, Fork: true})
			f.Open(forge.Request{SHA: shaB}) // of the repository itself
			provider := b.want("2@" + shaB)
			if got := heldBy(provider); !strings.HasPrefix(got, "1@"+shaA+"() WaitingForApproval: waits for approval of its commit: let ") || provider.Status.HeldCounts["WaitingForApproval"] != 1 {
				t.Fatalf("held is %q", got)
			}
			pass(time.Hour)
			f.Say(1, "grace", "/preview "+shaA)
			provider = b.want("1@" + shaA + " 2@" + shaB)
			if got := provider.Status.Approvals; len(got) != 1 || got[0].SHA != shaA || got[0].How != v1.ByComment || !strings.HasPrefix(got[0].By, "grace") {
				t.Fatalf("the approvals are %+v", got)
			}
			if got := inputOf(provider, "1"); got.Text("approvedSHA") != shaA || !strings.HasPrefix(got.Text("approvedBy"), "grace") {
				t.Errorf("exported is %s", exportedJSON(t, provider))
			}
			pass(time.Hour)
			f.Push(1, shaB)
			behind := b.want("1@" + shaA + " 2@" + shaB)
			if got := heldBy(behind); !strings.HasPrefix(got, "1@"+shaB+"("+shaA+") WaitingForApproval") || inputOf(behind, "1").Text("approvedSHA") != shaA {
				t.Fatalf("held is %q", got)
			}
			b.Approvals = approval.Looks{} // as a restart does
			first := b.want("1@" + shaA + " 2@" + shaB)
			if again := b.want("1@" + shaA + " 2@" + shaB); again.ResourceVersion != first.ResourceVersion {
				t.Error("it is written though nothing is new")
			}
			f.Break(forge.Status(http.StatusBadGateway))
			b.want("1@" + shaA + " 2@" + shaB)
			f.Mend()
			pass(time.Hour)
			f.Say(1, "grace", "/preview "+shaB)
			b.want("1@" + shaB + " 2@" + shaB)
			f.Close(1)
			if provider = b.want("2@" + shaB); len(provider.Status.Approvals) != 1 || provider.Status.Approvals[0].Revoked == nil {
				t.Errorf("the approvals are %+v", provider.Status.Approvals)
			}
		})
	}
}

// inputOf is what a provider exports of a request.
func inputOf(provider *v1.ResourceSetInputProvider, id string) v1.ResourceSetInput {
	for _, in := range provider.Status.ExportedInputs {
		if in.Text("id") == id {
			return in
		}
	}
	return nil
}

func TestStrangersTakeNobodysPlace(t *testing.T) {
	b, f := newBench(t), forge.NewGitea(t)
	b.guarded(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Limit: 1} })
	f.Open(forge.Request{SHA: "c"})
	for range 5 {
		f.Open(forge.Request{Fork: true, Author: "mallory"})
	}
	provider := b.want("1@c")
	if got := provider.Status.HeldCounts; got["WaitingForApproval"] != 5 || got["Queued"] != 0 {
		t.Errorf("held are %v", got)
	}
}

func TestNoRegistryIsAskedForWhatNobodyApprovedOf(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	f.Clock(b.Now)
	f.Permit("grace", "write")
	b.asksApproval(v1.ForksApprove)
	f.Open(forge.Request{SHA: shaA, Fork: true})
	r.Push(t, "", shaA)
	before := r.Asked("")
	b.want("")
	if got := r.Asked("") - before; got != 0 {
		t.Errorf("it was asked %d times", got)
	}
	pass(time.Hour)
	f.Say(1, "grace", "/preview "+shaA)
	if in := inputOf(b.want("1@"+shaA), "1"); in["images"] == nil || in.Text("approvedBy") != "grace" {
		t.Errorf("exported is %v", in)
	}
}

// asksApproval changes the policy of what a bench watches.
func (b *bench) asksApproval(policy string) {
	b.t.Helper()
	provider := b.run()
	provider.Spec.Forks = &v1.Forks{Policy: policy}
	if err := server.Client.Update(b.t.Context(), provider); err != nil {
		b.t.Fatal(err)
	}
}

func TestAnApprovalOutlivesAListingThatLacksItsRequest(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	f.Clock(b.Now)
	f.Permit("grace", "write")
	b.asksApproval(v1.ForksApprove)
	f.Open(forge.Request{SHA: shaA, Fork: true})
	pass(time.Hour)
	f.Say(1, "grace", "/preview "+shaA)
	b.want("") // its image is not there yet
	f.Break(func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasSuffix(req.URL.Path, "/pulls") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Total-Count", "0")
		_, _ = w.Write([]byte("[]")) // the client reads it
		return true
	})
	b.want("")
	f.Mend()
	r.Push(t, "", shaA)
	pass(time.Hour)
	b.want("1@" + shaA)
}

func TestWhoIsTrustedCostsNothingOnceTheirRequestIsClosed(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			pass := b.guarded(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Forks.Scope = v1.ApproveAuthor })
			b.want("")
			before := f.Asked()
			b.want("")
			atRest := f.Asked() - before
			var running []string
			for n := range 3 {
				f.Open(forge.Request{SHA: fmt.Sprintf("%040x", n), Fork: true, Author: fmt.Sprint("author", n)})
				running = append(running, fmt.Sprintf("%d@%040x", n+1, n))
			}
			pass(time.Hour)
			for n := range running {
				f.Say(n+1, "grace", "/preview")
			}
			b.want(strings.Join(running, " "))
			for n := range running {
				f.Close(n + 1)
			}
			b.want("")
			before = f.Asked()
			f.Break(func(w http.ResponseWriter, r *http.Request) bool {
				isOne := strings.HasSuffix(r.URL.Path, "/1") || strings.HasSuffix(r.URL.Path, "/2")
				return isOne && forge.Status(http.StatusBadGateway)(w, r)
			})
			provider := b.want("")
			if asked := f.Asked() - before; asked != atRest || len(provider.Status.Approvals) != 3 {
				t.Errorf("a run asks %d times, and %d where nobody is trusted; the approvals are %+v", asked, atRest, provider.Status.Approvals)
			}
			b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
			f.Mend()
			f.Open(forge.Request{SHA: shaB, Fork: true, Author: "author1"})
			b.want("4@" + shaB)
		})
	}
}

func TestWhatWasTakenBackStaysSoThoughThePolicyIsAnotherForAWhile(t *testing.T) {
	for _, meanwhile := range []string{v1.ForksExclude, v1.ForksInclude} {
		t.Run(meanwhile, func(t *testing.T) {
			b, f := newBench(t), forge.NewGitea(t)
			pass := b.guarded(f, nil)
			f.Open(forge.Request{SHA: shaA, Fork: true})
			pass(time.Hour)
			f.Say(1, "grace", "/preview "+shaA)
			b.want("1@" + shaA)
			pass(time.Hour)
			f.Change(1, func(r *forge.Request) { r.Target = "release" })
			if got := heldBy(b.want("1@" + shaA)); !strings.Contains(got, "the request changed where it goes to") {
				t.Fatalf("held is %q", got)
			}
			b.asksApproval(meanwhile)
			b.run()
			b.asksApproval(v1.ForksApprove)
			if got := heldBy(b.run()); !strings.Contains(got, "WaitingForApproval") || !strings.Contains(got, "the request changed where it goes to") {
				t.Errorf("held is %q", got)
			}
		})
	}
}

func TestWhatIsTakenBackStaysUnlessItIsToGo(t *testing.T) {
	for whenRevoked, want := range map[string]string{v1.WhenMissingFreeze: "1@" + shaA, v1.WhenMissingRemove: ""} {
		t.Run(whenRevoked, func(t *testing.T) {
			b, f := newBench(t), forge.NewGitea(t)
			pass := b.guarded(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Forks.WhenRevoked = whenRevoked })
			f.Open(forge.Request{SHA: shaA, Fork: true})
			f.Say(1, "grace", "/preview "+shaA)
			b.want("1@" + shaA)
			pass(time.Hour)
			f.Say(1, "grace", "/preview revoke")
			if got := heldBy(b.want(want)); !strings.Contains(got, "grace took it back") {
				t.Errorf("held is %q", got)
			}
			b.want(want)
			b.want(want)
		})
	}
}

func TestAPolicyThatComesLaterTakesNothingAway(t *testing.T) {
	b, f := newBench(t), forge.NewGitea(t)
	pass := b.guarded(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Forks.Policy, p.Spec.Forks.WhenRevoked = v1.ForksInclude, v1.WhenMissingRemove
	})
	f.Open(forge.Request{SHA: shaA, Fork: true})
	provider := b.want("1@" + shaA)
	provider.Spec.Forks.Policy = v1.ForksApprove
	if err := server.Client.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	b.want("1@" + shaA)
	pass(time.Hour)
	f.Push(1, shaB)
	if got := heldBy(b.want("1@" + shaA)); !strings.Contains(got, "1@"+shaB+"("+shaA+") WaitingForApproval") {
		t.Errorf("held is %q", got)
	}
}

func TestForksThatAreExcludedAreNoInputs(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.guarded(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Forks.Policy = v1.ForksExclude })
			f.Open(forge.Request{SHA: shaA, Fork: true})
			b.wantReady(b.wantHeld("", ""), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "1 does not pass spec.forks.policy")
		})
	}
}

func TestWithEverybodyBranchesOfTheRepositoryWaitAsWell(t *testing.T) {
	b, f := newBench(t), forge.NewGitea(t)
	b.guarded(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Forks.AppliesTo, p.Spec.Forks.TrustedAuthors = v1.AppliesToEverybody, []string{"Ada"}
	})
	f.Open(forge.Request{SHA: shaA, Author: "ada"})
	f.Open(forge.Request{SHA: shaB, Author: "agent"})
	if got := heldBy(b.want("1@" + shaA)); !strings.Contains(got, "2@"+shaB+"() WaitingForApproval") {
		t.Errorf("held is %q", got)
	}
}

func TestARequestWhoseForkIsGoneStaysAForks(t *testing.T) {
	b, f := newBench(t), forge.NewGitHub(t)
	pass := b.guarded(f, nil)
	f.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
	f.Say(1, "grace", "/preview "+shaA)
	b.want("1@" + shaA)
	pass(time.Hour)
	f.Change(1, func(r *forge.Request) { r.Gone, r.SHA = true, shaB })
	if got := heldBy(b.want("1@" + shaA)); !strings.Contains(got, "WaitingForApproval") {
		t.Errorf("held is %q", got)
	}
}

func TestATrustedAuthorIsAnAccountWhereItsNumberIsNamed(t *testing.T) {
	b, f := newBench(t), forge.NewGitHub(t)
	b.guarded(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Forks.TrustedAuthors = []string{fmt.Sprintf("Ada#%d", forge.Number("ada"))}
	})
	f.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
	f.Open(forge.Request{SHA: shaB, Fork: true, Author: "ada#mallory"})
	if got := heldBy(b.want("1@" + shaA)); !strings.Contains(got, "2@"+shaB+"() WaitingForApproval") {
		t.Errorf("held is %q", got)
	}
}
