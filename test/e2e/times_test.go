package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// From the label to the Deployment, split by part. With -v, and in demo --check,
// the table can be read.
func TestTheTimeFromLabelToDeployment(t *testing.T) {
	var all []actors.Times
	for _, title := range []string{"First", "Second", "Third"} {
		pr := open(t, title)
		must(t, world.BuildImage(t.Context(), pr, actors.Page(pr)))
		times, err := world.Measure(t.Context(), pr)
		must(t, err)
		all = append(all, times)
		if limit := 30 * time.Second; times.Applied > limit {
			t.Errorf("pull request %d took %s to be applied, more than %s", pr.Number, times.Applied, limit)
		}
	}
	table := &strings.Builder{}
	must(t, actors.PrintTimes(table, all))
	t.Logf("\n%s", table)
}
