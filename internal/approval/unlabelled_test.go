package approval_test

import (
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// Eddy takes a label away with the push after the commit that it approved of: nobody took
// the approval back by that, should the request go back to this commit.
func TestALabelThatWasTakenAwayWithAPushTakesNothingBack(t *testing.T) {
	for _, name := range []string{"GitHub", "GitLab", "Gitea"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, everyForge[name](t), v1.Forks{By: []string{v1.ByLabel}, Label: "safe", WhenRevoked: v1.WhenMissingRemove}).maintained()
			b.forge.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
			b.now = b.now.Add(time.Minute)
			b.forge.LabelAs(1, "grace", "safe")
			b.wantApproved()
			b.now = b.now.Add(time.Minute)
			b.forge.Push(1, shaB)
			b.wantWaiting("")
			b.unlabelled = map[string]string{"1": b.provider.Status.Approvals[0].Evidence}
			b.forge.Unlabel(1, "safe")
			b.wantWaiting("")
			b.forge.Push(1, shaA)
			for range 3 {
				b.wantApproved()
			}
			b.now = b.now.Add(time.Minute)
			b.forge.LabelAs(1, "grace", "safe")
			b.wantApproved()
			b.forge.Unlabel(1, "safe")
			b.wantApproved() // an answer may lack something by mistake
			if got := b.poll()["1"]; got.Message == "" || !got.Revoked {
				t.Errorf("a person takes it away, and it is %+v", got)
			}
		})
	}
}
