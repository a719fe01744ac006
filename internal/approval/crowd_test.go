package approval_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/approval"
	forges "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/test/forge"
)

// Who opens hundreds of requests would have each run end with its time, and so nobody's
// commit would be exported any more.
func TestACrowdOfRequestsTakesAPartOfARunAndEachHasItsTurn(t *testing.T) {
	const crowd = 450
	b := newBench(t, forge.NewGitea(t), v1.Forks{}).maintained()
	for n := range crowd {
		b.forge.Open(forge.Request{SHA: fmt.Sprintf("%040x", n+1), Fork: true, Author: "mallory"})
	}
	last := 1 // of the listing: the newest come first
	b.forge.Say(last, "grace", fmt.Sprintf("/preview %040x", last))
	asked := 0
	b.forge.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/comments") {
			asked++
		}
		return false
	})
	for round := 1; round <= 3; round++ {
		before := asked
		got := b.poll()
		if read := asked - before; read == 0 || read > 200 {
			t.Errorf("in round %d it reads %d requests", round, read)
		}
		if round == 1 && !strings.Contains(got[fmt.Sprint(last)].Message, "it is looked at in one of the next") {
			t.Errorf("in round 1 it says %q", got[fmt.Sprint(last)].Message)
		}
		if round == 3 && got[fmt.Sprint(last)].Message != "" {
			t.Errorf("in round 3 it says %q", got[fmt.Sprint(last)].Message)
		}
	}
	b.forge.Push(last, shaA)
	b.forge.Say(2, "grace", "/preview")
	if got := b.poll()[fmt.Sprint(last)]; got.Message == "" {
		t.Error("another commit is approved of")
	}
}

func TestAForgeThatIsSlowToTellLeavesTimeForTheRestOfTheRun(t *testing.T) {
	b := newBench(t, forge.NewGitea(t), v1.Forks{}).maintained()
	for n := range 30 {
		b.forge.Open(forge.Request{SHA: fmt.Sprintf("%040x", n+1), Fork: true, Author: "mallory"})
	}
	b.forge.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/comments") {
			time.Sleep(100 * time.Millisecond)
		}
		return false
	})
	items, err := b.repository().Requests().List(t.Context(), forges.Query{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	found := approval.Compile(b.provider).Ask(ctx, b.looks, approval.Question{
		Asking: admit.Asking{Now: time.Now, Interval: time.Minute}, Exported: map[string]string{}, Repository: b.repository(),
	}, items)
	if ends, _ := ctx.Deadline(); time.Until(ends) < 500*time.Millisecond {
		t.Errorf("it leaves %s of 2s", time.Until(ends))
	}
	if len(found.Approvals) != 30 {
		t.Errorf("it answers for %d of 30", len(found.Approvals))
	}
}
