package approval_test

import (
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/approval"
	"github.com/eddy-previews/eddy/test/forge"
)

// Request 1 of another repository is another request, and ada at another forge is
// somebody else.
func TestAnApprovalIsForTheRepositoryThatTheProviderWatched(t *testing.T) {
	for _, scope := range []string{v1.ApproveRequest, v1.ApproveAuthor} {
		t.Run(scope, func(t *testing.T) {
			b := newBench(t, forge.NewGitHub(t), v1.Forks{Scope: scope}).maintained()
			b.forge.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
			b.forge.Say(1, "grace", "/preview "+shaA)
			b.wantApproved()
			b.provider.Spec.URL += ".git" // the same
			b.wantApproved()
			b.provider.Spec.URL = "https://github.com/acme/other"
			b.looks = &approval.Looks{}
			b.wantWaiting("")
			b.forge.Push(1, shaB)
			b.wantWaiting("")
			b.forge.Say(1, "grace", "/preview "+shaB)
			b.wantApproved()
		})
	}
}
