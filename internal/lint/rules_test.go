package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Set-ups beside those of docs/lint.md: testdata/NAME.txtar is a set-up, whose
// comment has a line for each finding: FILE:LINE RULE, and words of its message.
func TestWhatIsFound(t *testing.T) {
	t.Parallel()
	scenes, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scenes) == 0 {
		t.Fatalf("%d scenes, %v", len(scenes), err)
	}
	for _, scene := range scenes {
		t.Run(strings.TrimSuffix(filepath.Base(scene), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(scene)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			for _, file := range archive.Files {
				name := filepath.Join(root, file.Name)
				if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, file.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			compare(t, root, expectations(archive))
		})
	}
}

type expectation struct{ place, rule, words string }

func expectations(archive *txtar.Archive) []expectation {
	var out []expectation
	for _, line := range strings.Split(string(archive.Comment), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		place, rest, _ := strings.Cut(line, " ")
		rule, words, _ := strings.Cut(rest, " ")
		out = append(out, expectation{place, rule, words})
	}
	return out
}

func compare(t *testing.T, root string, want []expectation) {
	t.Helper()
	findings := check(t, root)
	for n, finding := range findings {
		relative, err := filepath.Rel(root, finding.File)
		if err != nil {
			t.Fatal(err)
		}
		place := strings.TrimSuffix(strings.Replace(finding.String(), finding.File, relative, 1), fmt.Sprintf(":%d", finding.Column))
		switch {
		case n >= len(want):
			t.Errorf("found too: %s %s %s", place, finding.Rule, finding.Message)
		case want[n].place != place || want[n].rule != finding.Rule || !strings.Contains(finding.Message, want[n].words):
			t.Errorf("found %s %s %s\nwant %v", place, finding.Rule, finding.Message, want[n])
		}
	}
	for _, missing := range want[min(len(want), len(findings)):] {
		t.Errorf("not found: %v", missing)
	}
}
