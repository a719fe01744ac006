package eddy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A promise is held by a test, or it is none.
func TestTheThreatModelNamesTestsThatThereAre(t *testing.T) {
	text, err := os.ReadFile("docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsHere(t)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if len(tests[name[1]]) == 0 {
			t.Errorf("there is no %s", name[1])
		}
	}
}

// testsHere are the folders in which each test of this checkout is, by its name.
func testsHere(t *testing.T) map[string][]string {
	t.Helper()
	folders := map[string][]string{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path) //nolint:gosec // a file of this checkout
		for _, name := range declared.FindAllSubmatch(source, -1) {
			folders[string(name[1])] = append(folders[string(name[1])], filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}
