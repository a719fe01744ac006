package watcher

import (
	"context"
	"net/http"
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

func withPaths(globs ...string) func(*v1.ResourceSetInputProvider) {
	return func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Paths: globs} }
}

func TestOnlyRequestsThatTouchThePathsAreInputs(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, withPaths("services/api/**", "go.mod"))
			labels := []string{"build/image-ready"}
			f.Open(forge.Request{SHA: "a", Labels: labels, Files: []string{"services/api/main.go"}})
			f.Open(forge.Request{SHA: "b", Labels: labels, Files: []string{"docs/x.md", "services/web/main.go"}})
			f.Open(forge.Request{SHA: "c", Labels: labels, Files: []string{"go.mod => tools/go.mod"}})
			f.Open(forge.Request{SHA: "d", Labels: labels})
			b.want("1@a 3@c")
			t.Run("a push counts anew", func(t *testing.T) {
				f.Change(1, func(r *forge.Request) { r.SHA, r.Files = "a2", []string{"docs/x.md"} })
				f.Change(2, func(r *forge.Request) { r.SHA, r.Files = "b2", []string{"go.mod"} })
				b.want("2@b2 3@c")
			})
			t.Run("a look-up that fails keeps what was exported", func(t *testing.T) {
				f.Push(2, "b3")
				f.Break(func(w http.ResponseWriter, r *http.Request) bool {
					for _, part := range []string{"/files", "/diffs", "/iterations"} {
						if strings.Contains(r.URL.Path, part) {
							return forge.Status(http.StatusBadGateway)(w, r)
						}
					}
					return false
				})
				b.wantReady(b.want("2@b2 3@c"), metav1.ConditionFalse, meta.ReconciliationFailedReason, "spec.filter.paths")
				f.Mend()
				b.want("2@b3 3@c")
			})
		})
	}
}

func TestAfterARestartOnlyWhatIsNotExportedIsLookedUp(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	b.watch(f, withPaths("services/api/**"))
	for range 20 {
		f.Open(forge.Request{Labels: []string{"build/image-ready"}, Files: []string{"services/api/main.go"}})
	}
	f.Open(forge.Request{Labels: []string{"build/image-ready"}, Files: []string{"README.md"}})
	clock := now
	b.Now = func() time.Time { return clock }
	polls := func(want int) {
		t.Helper()
		clock = clock.Add(time.Minute)
		before := f.Asked()
		if provider := b.run(); len(provider.Status.ExportedInputs) != 20 || f.Asked()-before != want {
			t.Errorf("%d inputs, for %d requests to the forge, want %d", len(provider.Status.ExportedInputs), f.Asked()-before, want)
		}
	}
	b.Shared = source.NewShared(b.Now, transport.LocalNetworks())
	polls(1 + 21)
	polls(1)
	b.Shared = source.NewShared(b.Now, transport.LocalNetworks()) // as after a restart
	polls(1 + 1)

	provider := b.run()
	provider.Spec.Filter.Paths = []string{"services/**"}
	if err := server.Client.Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.Shared = source.NewShared(b.Now, transport.LocalNetworks())
	polls(1 + 21) // other rules
}

func TestACommitThatTheForgeHasNotComparedIsNotYetAnInput(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitLab(t)
	b.watch(f, withPaths("api/**"))
	n := f.Open(forge.Request{SHA: "a", NoMerge: true, Labels: []string{"build/image-ready"}, Files: []string{"api/x"}})
	b.want("")
	f.Change(n, func(r *forge.Request) { r.NoMerge = false })
	b.want("1@a")
	f.Change(n, func(r *forge.Request) { r.SHA, r.NoMerge = "b", true })
	b.want("1@a")
	f.Change(n, func(r *forge.Request) { r.NoMerge, r.Files = false, []string{"web/x"} })
	b.want("")
}

func TestARequestThatChangesTooMuchToTellIsAnInput(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitLab(t)
	b.watch(f, withPaths("api/**"))
	f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}, Files: strings.Split(strings.Repeat("web/x ", 1001), " ")})
	b.want("1@a")
}

func TestAForgottenRequestGoesAndComesBackWhenTouched(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Filter = &v1.InputProviderFilter{UpdatedWithin: &twoWeeks}
	})
	n := f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}, Updated: now})
	b.Now = func() time.Time { return now }
	b.want("1@a")
	b.Now = func() time.Time { return now.Add(twoWeeks.Duration + time.Second) }
	b.want("")
	f.Change(n, func(r *forge.Request) { r.Updated = b.Now() })
	b.want("1@a")
}
