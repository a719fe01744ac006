package lint_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
)

// A repair is offered if it makes its finding go away, and brings no other.
func TestARepairIsTriedBeforeItIsOffered(t *testing.T) {
	const kustomization = `    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "web-<< inputs.id >>"}
      spec: {interval: 10m, prune: false, path: ./app, sourceRef: {kind: GitRepository, name: fleet}}
`
	for claim, test := range map[string]struct {
		text    string
		offered bool
	}{
		"what helps is offered":                        {"true", true},
		"what leaves the finding there is not":         {"false", false},
		"what brings another is not":                   {"true, nonsense: true", false},
		"what makes the file unreadable is not either": {"[", false},
	} {
		t.Run(claim, func(t *testing.T) {
			root := laidOut(t, map[string]string{
				"set.yaml":               set + kustomization,
				"app/kustomization.yaml": "resources: [config.yaml]\nnamespace: app-dev\nnameSuffix: -${PR_NUMBER:=0}\n",
				"app/config.yaml":        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n",
			})
			scratch := t.TempDir()
			t.Setenv("TMPDIR", scratch)
			setup, err := lint.Load(t.Context(), lint.Options{Paths: []string{root}})
			if err != nil {
				t.Fatal(err)
			}
			findings := setup.Findings()
			for n := range findings {
				for e := range findings[n].Edits {
					findings[n].Edits[e].Text = test.text
				}
			}
			tried, seen := setup.Tried(t.Context(), findings), false
			for _, finding := range tried {
				if finding.Rule != "no-prune" {
					continue
				}
				seen = true
				if got := len(finding.Edits) > 0; got != test.offered || strings.Contains(finding.Fix, "it was tried") == test.offered {
					t.Errorf("offered: %v; %s", got, finding.Fix)
				}
			}
			if !seen {
				t.Errorf("no-prune is not found: %v", tried)
			}
			if left, err := filepath.Glob(filepath.Join(scratch, "*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
