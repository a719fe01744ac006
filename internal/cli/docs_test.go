package cli_test

import (
	"os"
	"path/filepath"
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

// TestACommandOfTheDocsIsTheSameInEveryShell finds what sh, bash and zsh would read
// otherwise each: zsh knows no comment where somebody types, makes words of a list in
// braces, and ends where a pattern matches no file.
func TestACommandOfTheDocsIsTheSameInEveryShell(t *testing.T) {
	quoted := regexp.MustCompile(`'[^']*'|"[^"]*"|\\$\{\w+\}`)
	odd := regexp.MustCompile(`[{}*?\[\]!]|(^|\s)#`)
	found := 0
	for _, pattern := range []string{"../../docs/*.md", "../../*.md", "../../examples/*.md", "../../examples/*/*.md", "../../charts/eddy/*.md"} {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, command := range regexp.MustCompile(`(?m)^\$ (.*)$`).FindAllStringSubmatch(string(text), -1) {
				found++
				if what := odd.FindString(quoted.ReplaceAllString(command[1], "")); what != "" {
					t.Errorf("%s: %q is to be quoted, or left out, in\n%s", page, what, command[1])
				}
			}
			for _, list := range regexp.MustCompile(`--set [^'"\s]*\{[^}]*\}`).FindAllString(string(text), -1) {
				t.Errorf("%s: quote the list, as in --set 'previews.namespaces={app-dev}': %s", page, list)
			}
		}
	}
	if found < 30 {
		t.Errorf("found %d commands: the pattern misses them", found)
	}
}
