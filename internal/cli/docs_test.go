package cli_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheScreensInTheDocsAreReal holds docs/cli.md against the golden screens,
// which the scripts hold against the commands.
func TestTheScreensInTheDocsAreReal(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	golden, screens := readGolden(t), 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, screen := range regexp.MustCompile(`(?m)^\$ `).Split(block[1], -1)[1:] {
			command, output, _ := strings.Cut(screen, "\n")
			screens++
			if !strings.Contains(golden, output) {
				t.Errorf("no script prints what docs/cli.md shows of %s\n%s", command, output)
			}
		}
	}
	if screens < 5 {
		t.Errorf("docs/cli.md has %d screens: are they found?", screens)
	}
}
