package watcher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// heldBy lists what a provider holds, as id@sha, the commit that is exported, and
// why.
func heldBy(provider *v1.ResourceSetInputProvider) string {
	var out []string
	for _, line := range provider.Status.Held {
		out = append(out, fmt.Sprintf("%s@%s(%s) %s: %s", line.ID, line.SHA, line.ExportedSHA, line.Reason, line.Message))
	}
	return strings.Join(out, "; ")
}

func (b *bench) wantHeld(inputs, held string) *v1.ResourceSetInputProvider {
	b.t.Helper()
	provider := b.want(inputs)
	if got := heldBy(provider); got != held {
		b.t.Fatalf("held is %q, want %q", got, held)
	}
	return provider
}

func TestEveryOpenRequestWithoutAPreviewIsToldWhyNot(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, func(p *v1.ResourceSetInputProvider) {
				p.Spec.Skip = &v1.InputProviderSkip{Labels: []string{"!build/image-ready", "hold"}, WhenMissing: v1.WhenMissingFreeze}
			})
			one := f.Open(forge.Request{SHA: "a"})
			two := f.Open(forge.Request{SHA: "b", Labels: []string{"Build/image-ready"}})
			const misspelt = "2@b() LabelMissing: waits for the label build/image-ready (it has: Build/image-ready)"
			provider := b.run()
			for _, want := range []string{misspelt, "1@a() LabelMissing: waits for the label build/image-ready (it has none)"} {
				if got := heldBy(provider); !strings.Contains(got, want) || provider.Status.HeldCounts["LabelMissing"] != 2 {
					t.Fatalf("held is %q, which lacks %q", got, want)
				}
			}
			b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "nothing is exported: of 2 that are there, 2 are held by spec.skip.labels")
			b.wantEvent("waits for the label build/image-ready")
			f.Label(one, "build/image-ready")
			b.wantHeld("1@a", misspelt)
			f.Close(two)
			b.wantHeld("1@a", "")
			f.Unlabel(one, "build/image-ready")
			f.Push(one, "c")
			b.wantHeld("1@a", "1@c(a) LabelMissing: waits for the label build/image-ready (it has none)")
			f.Label(one, "build/image-ready")
			f.Label(one, "hold")
			b.wantHeld("1@a", "1@c(a) Paused: is paused by the label hold")
			f.Unlabel(one, "hold")
			b.wantHeld("1@c", "")
		})
	}
}

func TestWhatIsHeldForTheSameReasonIsNoNews(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Limit: 1} })
	for _, sha := range []string{"a", "b", "c"} {
		f.Open(forge.Request{SHA: sha, Labels: []string{"build/image-ready"}})
	}
	f.Open(forge.Request{SHA: "d"})
	first := b.run()
	if len(first.Status.Held) == 0 || first.Status.HeldCounts["Queued"] == 0 {
		t.Fatalf("held is %q", heldBy(first))
	}
	b.wantEvent("waits for a place")
	b.events.Events = make(chan string, 1000)
	second := b.run()
	if first.ResourceVersion != second.ResourceVersion || len(b.events.Events) > 0 {
		t.Errorf("something was written or told:\n%s\n%s", heldBy(first), heldBy(second))
	}
	f.Break(forge.Status(502))
	if failed := b.run(); heldBy(failed) != heldBy(first) {
		t.Errorf("a glitch changes what is held: %s", heldBy(failed))
	}
}

func TestAFilterThatMatchesNothingIsAccountedFor(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, func(p *v1.ResourceSetInputProvider) {
				p.Spec.Filter = &v1.InputProviderFilter{IncludeBranch: "^never/", Authors: []string{"ada"}}
			})
			f.Open(forge.Request{Author: "grace", Branch: "never/a"})
			f.Open(forge.Request{Author: "ada", Branch: "b"})
			f.Open(forge.Request{Author: "ada", Branch: "c"})
			b.wantReady(b.wantHeld("", ""), metav1.ConditionTrue, meta.ReconciliationSucceededReason,
				"; nothing is exported: of 3 that are there, 1 does not pass spec.filter.authors, 2 do not pass spec.filter.includeBranch")
		})
	}
}

func TestAFilterByALabelThatNothingHasIsAccountedFor(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, func(p *v1.ResourceSetInputProvider) {
				p.Spec.Filter = &v1.InputProviderFilter{Labels: []string{"preview"}}
			})
			f.Open(forge.Request{Labels: []string{"Preview"}})
			b.wantReady(b.wantHeld("", ""), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "spec.filter.labels")
		})
	}
}
