package cli

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/manifest"
)

func TestARepairIsTakenBackThatBringsAFinding(t *testing.T) {
	found := func(rule, file string) lint.Finding {
		return lint.Finding{Rule: rule, Position: manifest.Position{File: file}}
	}
	before := []lint.Finding{found("no-prune", "set.yaml"), found("no-prune", "set.yaml"), found("long-name", "api.yaml")}
	for _, test := range []struct {
		claim string
		after []lint.Finding
		want  string
	}{
		{"all are gone", nil, ""},
		{"some are left", before[1:], ""},
		{"one of another rule", []lint.Finding{found("spoiled-selector", "set.yaml")}, "spoiled-selector"},
		{"one of the same rule in another file", []lint.Finding{found("no-prune", "api.yaml")}, "no-prune"},
	} {
		got := ""
		if worse := brought(before, test.after); worse != nil {
			got = worse.Rule
		}
		if got != test.want {
			t.Errorf("%s: %q is said to be new", test.claim, got)
		}
	}
}
