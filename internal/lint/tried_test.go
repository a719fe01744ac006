package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/lint"
)

// unpruned is a Kustomization that a ResourceSet stamps out, with a finding that can be
// repaired.
const unpruned = `    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "web-<< inputs.id >>"}
      spec: {interval: 10m, prune: false, path: ./app, sourceRef: {kind: GitRepository, name: fleet}}
`

func laidOutUnpruned(t *testing.T, name string) string {
	t.Helper()
	return laidOut(t, map[string]string{
		name:                     set + unpruned,
		"app/kustomization.yaml": "resources: [config.yaml]\nnamespace: app-dev\nnameSuffix: -${PR_NUMBER:=0}\n",
		"app/config.yaml":        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n",
	})
}

// A repair is offered if it makes its finding go away, and brings no other.
func TestARepairIsTriedBeforeItIsOffered(t *testing.T) {
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
			root := laidOutUnpruned(t, "set.yaml")
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

// A repair is tried in the copy, wherever a link in the folder leads: the files
// themselves are not written, not even for a moment.
func TestARepairIsTriedInTheCopyWhereverALinkLeads(t *testing.T) {
	for claim, to := range map[string]string{
		"to the whole path of a file":              "ROOT/real/file.yaml",
		"to a file beside it":                      "real/file.yaml",
		"to the whole path of a link":              "ROOT/real/there.yaml",
		"to a whole path that goes through a link": "OTHER/real/file.yaml",
		"to a whole path in a folder that is one":  "ROOT/all/file.yaml",
	} {
		t.Run(claim, func(t *testing.T) {
			root := laidOutUnpruned(t, "real/file.yaml")
			other := filepath.Join(t.TempDir(), "other")
			file := filepath.Join(root, "real/file.yaml")
			link(t, root, other)
			link(t, "file.yaml", filepath.Join(root, "real/there.yaml"))
			link(t, "real", filepath.Join(root, "all"))
			link(t, strings.NewReplacer("ROOT", root, "OTHER", other).Replace(to), filepath.Join(root, "link.yaml"))
			unwritten := old(t, file)
			setup, err := lint.Load(t.Context(), lint.Options{Paths: []string{root}})
			if err != nil {
				t.Fatal(err)
			}
			offered := 0
			for _, finding := range setup.Tried(t.Context(), setup.Findings()) {
				if finding.Rule == "no-prune" && len(finding.Edits) > 0 {
					offered++
				}
			}
			if offered == 0 {
				t.Error("the repair is not offered")
			}
			unwritten()
		})
	}
}

// A folder that is given may be in another one by a link, which leads out of that one.
func TestNothingIsCopiedThroughALinkThatLeadsOut(t *testing.T) {
	root, other := laidOutUnpruned(t, "set.yaml"), laidOutUnpruned(t, "set.yaml")
	link(t, root, filepath.Join(other, "linked"))
	unwritten := old(t, filepath.Join(root, "set.yaml"))
	setup, err := lint.Load(t.Context(), lint.Options{Paths: []string{other, filepath.Join(other, "linked")}})
	if err != nil {
		t.Fatal(err)
	}
	if tried := setup.Tried(t.Context(), setup.Findings()); len(tried) == 0 {
		t.Error("nothing is found")
	}
	unwritten()
}

// old has a file written long ago, and returns what fails where it was written since.
func old(t *testing.T, file string) (unwritten func()) {
	t.Helper()
	long := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(file, long, long); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if info, err := os.Stat(file); err != nil || !info.ModTime().Equal(long) {
			t.Errorf("the file was written: %v, %v", info, err)
		}
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}
