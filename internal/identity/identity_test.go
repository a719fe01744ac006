package identity_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"github.com/eddy-previews/eddy/internal/identity"
)

func TestTheChecksumIsAdler32InDecimal(t *testing.T) {
	if got := identity.Checksum("Wikipedia"); got != "300286872" {
		t.Errorf("the checksum is %s", got)
	}
}

// Two tags that semantic versioning makes neighbours of.
const (
	number = "93913446" // of both v1.2.0 and v2.0.1
	second = number + "-13cac872"
	first  = number + "-34bd659f"
)

var assignments = []struct {
	name     string
	names    []string
	before   map[string]string
	want     map[string]string
	collided string
}{
	{
		name:  "a name that is alone has its checksum",
		names: []string{"v2.0.1", "main"},
		want:  map[string]string{"v2.0.1": number, "main": identity.Checksum("main")},
	},
	{
		name:     "of two new names the smaller has the number, in whatever order they come",
		names:    []string{"v2.0.1", "v1.2.0"},
		want:     map[string]string{"v1.2.0": number, "v2.0.1": second},
		collided: "v2.0.1",
	},
	{
		name:     "the one that had the number keeps it",
		names:    []string{"v1.2.0", "v2.0.1"},
		before:   map[string]string{"v2.0.1": number},
		want:     map[string]string{"v1.2.0": first, "v2.0.1": number},
		collided: "v1.2.0",
	},
	{
		name:   "one with a suffix keeps it when the other goes",
		names:  []string{"v2.0.1"},
		before: map[string]string{"v1.2.0": number, "v2.0.1": second},
		want:   map[string]string{"v2.0.1": second},
	},
	{
		name:   "one that returns finds its number free",
		names:  []string{"v1.2.0", "v2.0.1"},
		before: map[string]string{"v2.0.1": second},
		want:   map[string]string{"v1.2.0": number, "v2.0.1": second},
	},
	{
		name:   "what collided once is told once",
		names:  []string{"v1.2.0", "v2.0.1"},
		before: map[string]string{"v1.2.0": number, "v2.0.1": second},
		want:   map[string]string{"v1.2.0": number, "v2.0.1": second},
	},
	{
		name:   "an id that is not the name's own counts for nothing",
		names:  []string{"main"},
		before: map[string]string{"main": "7"},
		want:   map[string]string{"main": identity.Checksum("main")},
	},
	{
		name:     "two that had the same id, as without this rule, are told apart",
		names:    []string{"v1.2.0", "v2.0.1"},
		before:   map[string]string{"v1.2.0": number, "v2.0.1": number},
		want:     map[string]string{"v1.2.0": number, "v2.0.1": second},
		collided: "v2.0.1",
	},
	{
		name:  "a name that is listed twice is one",
		names: []string{"main", "main"},
		want:  map[string]string{"main": identity.Checksum("main")},
	},
}

func TestAnIDIsGivenOnceAndStays(t *testing.T) {
	for _, c := range assignments {
		t.Run(c.name, func(t *testing.T) {
			got, collisions := identity.Assign(c.names, c.before, identity.Checksum)
			if !maps.Equal(got, c.want) {
				t.Errorf("the ids are %v, want %v", got, c.want)
			}
			if c.collided == "" && len(collisions) > 0 || c.collided != "" && (len(collisions) != 1 || collisions[0].Name != c.collided) {
				t.Errorf("the collisions are %v, want one of %q", collisions, c.collided)
			}
		})
	}
}

// issues are JIRA-1000 to JIRA-1999.
func issues() []string {
	out := make([]string, 1000)
	for n := range out {
		out[n] = fmt.Sprintf("JIRA-%d", 1000+n)
	}
	return out
}

func TestAThousandIssuesHaveAThousandIDs(t *testing.T) {
	names := issues()
	numbers := map[string]bool{}
	for _, name := range names {
		numbers[identity.Checksum(name)] = true
	}
	ids, collisions := identity.Assign(names, nil, identity.Checksum)
	if got := distinct(ids); got != 1000 || len(numbers) != 352 || len(collisions) != 1000-352 {
		t.Errorf("%d ids of %d numbers, %d collisions", got, len(numbers), len(collisions))
	}
}

func distinct(ids map[string]string) int {
	return len(slices.Compact(slices.Sorted(maps.Values(ids))))
}

// TestWhoeverComesAndGoesAnIDThatLivesStays lets issues, many of which have the
// same number, come and go in any order.
func TestWhoeverComesAndGoesAnIDThatLivesStays(t *testing.T) {
	for name, hash := range map[string]identity.Hash{"checksum": identity.Checksum, "one number for all": func(string) string { return "1" }} {
		t.Run(name, func(t *testing.T) {
			stays := func(runs [10][]uint16) bool { return stay(t, runs, hash) }
			if err := quick.Check(stays, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// stay reports whether each id is its name's alone, and is so in all runs.
func stay(t *testing.T, runs [10][]uint16, hash identity.Hash) bool {
	t.Helper()
	before := map[string]string{}
	for _, run := range runs {
		names := map[string]bool{}
		for _, n := range run {
			names[fmt.Sprintf("JIRA-%d", 1000+n%200)] = true
		}
		ids, _ := identity.Assign(slices.Collect(maps.Keys(names)), before, hash)
		if len(ids) != len(names) || distinct(ids) != len(names) {
			t.Errorf("%d names have %d ids", len(names), distinct(ids))
			return false
		}
		for name, id := range ids {
			if was, lived := before[name]; lived && was != id {
				t.Errorf("%s went from %s to %s", name, was, id)
				return false
			}
		}
		before = ids
	}
	return true
}

func TestACollisionIsToldInWords(t *testing.T) {
	_, collisions := identity.Assign([]string{"v1.2.0", "v2.0.1"}, nil, identity.Checksum)
	if got, want := identity.Tell(collisions), `"v2.0.1" has the id 93913446-13cac872, as "v1.2.0" has the one that both would have`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, collisions = identity.Assign(issues(), nil, identity.Checksum)
	if got := identity.Tell(collisions); strings.Count(got, "\n") != 5 || !strings.HasSuffix(got, "\nand 643 more") {
		t.Errorf("many are told as\n%s", got)
	}
	if got := identity.Tell(nil); got != "" {
		t.Errorf("none is told as %q", got)
	}
}
