package evidence_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/registry"
)

var head = forge.Item{ID: "7", SHA: "6dcb09b5b57875f334f61aebed695e2e4193db5e"}

// asked is what a gate makes of what a forge says of a commit.
func asked(t *testing.T, gate *v1.Gate, before v1.ResourceSetInput, said ...forge.Check) admit.Evidence {
	t.Helper()
	return askedOf(t, gate, before, func(context.Context, forge.Item, forge.Names) ([]forge.Check, error) { return said, nil })
}

func askedOf(t *testing.T, gate *v1.Gate, before v1.ResourceSetInput, forges func(context.Context, forge.Item, forge.Names) ([]forge.Check, error)) admit.Evidence {
	t.Helper()
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.Gate = gate
	compiled, err := evidence.Compile(provider)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Ask(t.Context(), &evidence.Looks{}, evidence.Question{
		Asking: admit.Asking{Provider: types.NamespacedName{Name: "prs"}, Now: time.Now, Interval: time.Minute},
		Before: map[string]v1.ResourceSetInput{head.ID: before}, Checks: forges,
		Open: func(context.Context, v1.GateImage, string) (*registry.Repository, error) {
			return nil, errors.New("there is no registry")
		},
	}, []forge.Item{head})[head.Change()]
}

// check is one, as APP: NAME is STATE.
func check(app, name string, state forge.CheckState, word string) forge.Check {
	return forge.Check{ID: app + name + word, Name: name, App: app, State: state, Said: word}
}

func TestACheckIsEvidenceOnceItIsAccepted(t *testing.T) {
	build := v1.GateCheck{Name: "build"}
	for _, c := range []struct {
		claim  string
		wanted v1.GateCheck
		said   []forge.Check
		reason admit.Reason
		words  string
	}{
		{"success", build, []forge.Check{check("", "build", forge.CheckSuccess, "success")}, "", ""},
		{"none yet", build, nil, admit.WaitingForCheck, "waits for the check build (there is no check of its commit yet)"},
		{"a wrong name is answered with those that there are, the likely one first", v1.GateCheck{Name: "Build / image"},
			[]forge.Check{check("", "lint", forge.CheckSuccess, ""), check("", "build / image", forge.CheckSuccess, "")},
			admit.WaitingForCheck, "waits for the check Build / image (there are: build / image, lint)"},
		{"it runs", build, []forge.Check{check("", "build", forge.CheckPending, "in_progress")}, admit.WaitingForCheck, "waits for the check build, which is in_progress"},
		{"it has failed", build, []forge.Check{check("", "build", forge.CheckFailed, "timed_out")}, admit.CheckFailed, "waits for the check build, which came to timed_out"},
		{"it was skipped", build, []forge.Check{check("", "build", forge.CheckSkipped, "skipped")}, admit.CheckFailed,
			"waits for the check build, which came to skipped, and spec.gate.checks[0].accept does not name skipped"},
		{"it was skipped, and may be", v1.GateCheck{Name: "build", Accept: []string{"success", "skipped"}}, []forge.Check{check("", "build", forge.CheckSkipped, "skipped")}, "", ""},
		{"only what is accepted is", v1.GateCheck{Name: "build", Accept: []string{"neutral"}}, []forge.Check{check("", "build", forge.CheckSuccess, "success")}, admit.CheckFailed, "does not name success"},
		{"the newest counts", build, []forge.Check{check("", "build", forge.CheckPending, "queued"), check("", "build", forge.CheckSuccess, "success")}, admit.WaitingForCheck, "which is queued"},
		{"also where the older one failed", build, []forge.Check{check("", "build", forge.CheckSuccess, "success"), check("", "build", forge.CheckFailed, "failure")}, "", ""},
		{"one of two apps is enough", build, []forge.Check{check("a", "build", forge.CheckFailed, "failure"), check("b", "build", forge.CheckSuccess, "success")}, "", ""},
		{"but not of another than is asked for", v1.GateCheck{Name: "build", App: "a"},
			[]forge.Check{check("a", "build", forge.CheckFailed, "failure"), check("b", "build", forge.CheckSuccess, "success")}, admit.CheckFailed, "waits for the check build of a, which came to failure"},
		{"whose app is another", v1.GateCheck{Name: "build", App: "a"}, []forge.Check{check("b", "build", forge.CheckSuccess, "success")},
			admit.WaitingForCheck, "waits for the check build of a (it is there of: b)"},
		{"of a beginning all have to be", v1.GateCheck{Name: "build*"},
			[]forge.Check{check("", "build (amd64)", forge.CheckSuccess, "success"), check("", "build (arm64)", forge.CheckPending, "queued")},
			admit.WaitingForCheck, `waits for the check "build (arm64)", which is queued`},
		{"and are", v1.GateCheck{Name: "build*"},
			[]forge.Check{check("", "build (amd64)", forge.CheckSuccess, "success"), check("", "build (arm64)", forge.CheckSuccess, "success"), check("", "lint", forge.CheckFailed, "failure")}, "", ""},
		{"of a beginning there is one", v1.GateCheck{Name: "build*"}, []forge.Check{check("", "lint", forge.CheckSuccess, "")}, admit.WaitingForCheck, `waits for the check "build*" (there are: lint)`},
		{"of a beginning two may be called alike", v1.GateCheck{Name: "ci-*"},
			[]forge.Check{{ID: "1", Name: "Tests", Other: "ci-e2e", State: forge.CheckSuccess}, {ID: "2", Name: "Tests", Other: "ci-unit", State: forge.CheckFailed, Said: "FAILED"}},
			admit.CheckFailed, "which came to FAILED"},
		{"upper and lower case count", build, []forge.Check{check("", "BUILD", forge.CheckSuccess, "")}, admit.WaitingForCheck, "(there are: BUILD)"},
		{"what a stranger has written is quoted", build, []forge.Check{check("", "\x1b[31m", forge.CheckSuccess, "")}, admit.WaitingForCheck, `(there are: "\x1b[31m")`},
	} {
		t.Run(c.claim, func(t *testing.T) {
			got := asked(t, &v1.Gate{Checks: []v1.GateCheck{c.wanted}}, nil, c.said...)
			if got.Reason != c.reason || c.words != got.Message && (c.words == "" || !strings.Contains(got.Message, c.words)) || (got.Proved != nil) != (c.reason == "") {
				t.Errorf("got %s: %s, proved %v\nwant %s: %s", got.Reason, got.Message, got.Proved, c.reason, c.words)
			}
		})
	}
}

func TestAllChecksHaveToBeAccepted(t *testing.T) {
	gate := &v1.Gate{Checks: []v1.GateCheck{{Name: "build"}, {Name: "scan"}}}
	if got := asked(t, gate, nil, check("", "build", forge.CheckSuccess, ""), check("", "scan", forge.CheckFailed, "failure")); got.Reason != admit.CheckFailed {
		t.Errorf("got %+v", got)
	}
}

func TestALookThatBreaksALibraryIsNoEvidence(t *testing.T) {
	got := askedOf(t, &v1.Gate{Checks: []v1.GateCheck{{Name: "build"}}}, nil, func(context.Context, forge.Item, forge.Names) ([]forge.Check, error) {
		panic("an answer of one forge")
	})
	if got.Reason != admit.EvidenceUnavailable || !strings.HasSuffix(got.Message, "is there: an answer that breaks whoever reads it") {
		t.Errorf("got %+v", got)
	}
}

func TestChecksThatCannotBeToldAreNoEvidenceAndNoFailure(t *testing.T) {
	got := askedOf(t, &v1.Gate{Checks: []v1.GateCheck{{Name: "build"}}}, nil, func(context.Context, forge.Item, forge.Names) ([]forge.Check, error) {
		return nil, errors.New("403 Forbidden: the token needs more")
	})
	if got.Reason != admit.EvidenceUnavailable || !strings.Contains(got.Message, "it cannot be told what CI says of its commit: 403 Forbidden: the token needs more") {
		t.Errorf("got %+v", got)
	}
}

func TestWhatWasProvedIsNotAskedForAgain(t *testing.T) {
	never := func(context.Context, forge.Item, forge.Names) ([]forge.Check, error) {
		return nil, errors.New("it was asked for again")
	}
	gate := &v1.Gate{Checks: []v1.GateCheck{{Name: "build*", App: "ci"}}}
	before := asked(t, gate, nil, check("ci", "build 1", forge.CheckSuccess, "success")).Proved
	sha, err := json.Marshal(head.SHA)
	if err != nil {
		t.Fatal(err)
	}
	before["sha"] = before["shortSha"].DeepCopy()
	before["sha"].Raw = sha
	if got := askedOf(t, gate, before, never); got.Reason != "" || string(got.Proved["checks"].Raw) != `[{"name":"build*","app":"ci","state":"success"}]` {
		t.Errorf("got %+v", got)
	}
	for claim, other := range map[string]v1.Gate{
		"another name":  {Checks: []v1.GateCheck{{Name: "build", App: "ci"}}},
		"another app":   {Checks: []v1.GateCheck{{Name: "build*"}}},
		"one more":      {Checks: []v1.GateCheck{{Name: "build*", App: "ci"}, {Name: "scan"}}},
		"another state": {Checks: []v1.GateCheck{{Name: "build*", App: "ci", Accept: []string{"skipped"}}}},
	} {
		if got := askedOf(t, &other, before, never); got.Reason != admit.EvidenceUnavailable {
			t.Errorf("%s: got %+v", claim, got)
		}
	}
	madeUp := before.DeepCopy()
	madeUp["shortSha"].Raw = []byte(`"local"`)
	if got := askedOf(t, gate, madeUp, never); got.Reason != admit.EvidenceUnavailable {
		t.Errorf("a default value: %+v", got)
	}
	fewer := gated("").Spec.Gate
	fewer.Checks = gate.Checks
	if got := askedOf(t, fewer, before, never); got.Reason != admit.EvidenceUnavailable {
		t.Errorf("an image that was not proved: %+v", got)
	}
}
