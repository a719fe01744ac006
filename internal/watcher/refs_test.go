package watcher

import (
	"net/http"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestABranchLivesAndDiesWithTheBranch(t *testing.T) {
	main, feature := identity.Checksum("main")+"@0a", identity.Checksum("feature/x")+"@1b"
	for _, start := range forges {
		f := start(t)
		t.Run(f.BranchType, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Type, p.Spec.Skip = f.BranchType, nil })
			f.Branch("main", "0a")
			f.Branch("feature/x", "1b")
			b.want(feature + " " + main)
			f.Break(forge.Status(http.StatusBadGateway))
			b.want(feature + " " + main)
			f.Mend()
			f.DeleteBranch("feature/x")
			b.want(main)
			f.Hide()
			b.want(main)
		})
	}
}
