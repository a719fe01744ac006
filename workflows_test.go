package eddy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// workflows are the texts of .github/workflows, by path.
func workflows(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(".github/workflows/*.yaml")
	if err != nil || len(paths) < 2 {
		t.Fatalf("found %q: %v", paths, err)
	}
	out := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = string(text)
	}
	return out
}

// A tag of an action can be moved to other code, a commit cannot.
func TestActionsOfOthersAreNamedByTheirCommit(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	uses := regexp.MustCompile(`uses: (.*)`)
	for path, text := range workflows(t) {
		for _, found := range uses.FindAllStringSubmatch(text, -1) {
			if !pinned.MatchString(found[1]) {
				t.Errorf("%s uses %s: name the commit, and its version in a comment", path, found[1])
			}
		}
	}
}

func TestWorkflowsRunTargetsOfTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	var ran []string
	for path, text := range workflows(t) {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, found := range target.FindAllStringSubmatch(line, -1) {
				ran = append(ran, found[1])
				if !strings.Contains(string(makefile), "\n"+found[1]+":") {
					t.Errorf("%s runs make %s, and there is no such target", path, found[1])
				}
			}
		}
	}
	for _, one := range []string{"lint", "test-unit", "test", "release-check", "release", "image"} {
		if !slices.Contains(ran, one) {
			t.Errorf("no workflow runs make %s", one)
		}
	}
}
