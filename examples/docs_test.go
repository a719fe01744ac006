package examples_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestTheYAMLInTheDocsIsAdmitted takes every block of YAML out of the README
// and of docs/.
func TestTheYAMLInTheDocsIsAdmitted(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../README.md") {
		for _, block := range yamlBlock.FindAllStringSubmatch(read(t, page), -1) {
			for _, document := range strings.Split(block[1], "\n---\n") {
				found++
				t.Run(filepath.Base(page), func(t *testing.T) { admitted(t, object(t, document)) })
			}
		}
	}
	if found < 3 {
		t.Errorf("found %d documents: the pattern misses them", found)
	}
}
