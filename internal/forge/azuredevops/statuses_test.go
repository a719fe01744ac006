package azuredevops_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/azuredevops"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

// A status of no push would stand for whatever is pushed next.
func TestAStatusOfARequestIsAboutThePushOfItsCommit(t *testing.T) {
	one, two, other := strings.Repeat("1", 40), strings.Repeat("2", 40), strings.Repeat("3", 40)
	for name, c := range map[string]struct {
		sha   string
		fault forge.Fault
		push  int
	}{
		"of its only push":                  {one, nil, 1},
		"of the newest, where it is twice":  {two, nil, 4},
		"of none, where it was not pushed":  {other, nil, 0},
		"of none, where it may not be read": {one, forge.Status(http.StatusForbidden), 0},
		"of none, for who may read nothing": {one, forge.Status(http.StatusUnauthorized), 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := forge.NewAzureDevOps(t)
			n := f.Open(forge.Request{SHA: one})
			for _, sha := range []string{two, other, two, one[:39] + "4"} {
				if name != "of none, where it was not pushed" || sha != other {
					f.Push(n, sha)
				}
			}
			f.Break(func(w http.ResponseWriter, r *http.Request) bool {
				return c.fault != nil && strings.HasSuffix(r.URL.Path, "/iterations") && c.fault(w, r)
			})
			var statuses repo.Statuses = asking.Open(t, azuredevops.Open, asking.Config(f))
			if err := statuses.SetStatus(context.Background(), repo.Status{Request: "1", SHA: c.sha, Name: "preview/api", State: repo.Success}); err != nil {
				t.Fatal(err)
			}
			ofRequest, ofCommit := f.Statuses(one[:39]+"4"), f.Statuses(c.sha)
			if len(ofRequest) != 1 || ofRequest[0].Push != c.push || len(ofCommit) != 1 || ofCommit[0].Push != 0 {
				t.Errorf("of the request %+v, of the commit %+v", ofRequest, ofCommit)
			}
		})
	}
}
