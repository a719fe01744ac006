package eddy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// played says by which test commands of pages are typed, as they stand there, or for what
// reason no test does. A page and a command match whole.
var played = []struct{ pages, commands, by string }{
	{`README\.md`, `make demo`, "test/e2e: TestAServiceOfOnesOwnGoesIntoTheDemo"},
	{`README\.md`, `go install .*`, ".: TestGoInstallsTheProgram"},
	{`README\.md`, `bin/eddy install .*|bin/eddy check`, "internal/install: TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster"},
	{`.*`, `kind (create|load) .*`, "no Docker runs here; what the second does for kind, `cluster image --archive` does for the local system"},
	{`.*`, `flux .*`, "Flux's program embeds manifests that its module does not hold, so it cannot be built from it; Flux's controllers are real"},
	{`docs/demo\.md`, `(?s).*`, "test/e2e: TestAServiceOfOnesOwnGoesIntoTheDemo"},
	{`docs/cli\.md`, `eddy .*`, "internal/cli: TestTheScreensInTheDocsAreReal"},
	{`docs/cli\.md`, `curl .*`, "no name of a preview resolves here; what `eddy open --print` prints is tested"},
	{`docs/getting-started\.md`, `.*`, "internal/install: TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster"},
	{`docs/install\.md`, `make image .*|eddy install --image .*|helm .*|kubectl (create|label|delete) .*`, "test/e2e: TestTheChartIsInstalledUpgradedAndTakenOut"},
	{`docs/install\.md`, `eddy .*`, "internal/install: TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster"},
	{`docs/(lint|recipes|migrating|reference)\.md`, `(?s).*`, "internal/install: TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster"},
	{`docs/troubleshooting\.md`, `(eddy|kubectl) .*`, "internal/install: TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster"},
	{`examples/[a-z-]+/README\.md`, `.*`, "internal/install: TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster"},
	{`docs/performance\.md`, `make bench .*|make bench`, "they measure for a quarter of an hour, and no test is timed"},
	{`charts/eddy/README\.md`, `helm install .*`, "test/e2e: TestTheChartIsInstalledUpgradedAndTakenOut"},
	{`SECURITY\.md`, `(?s)(cosign|sha256sum) .*`, "nothing is published yet that could be verified; `make release-check` compares the checksums"},
	{`README\.md|CONTRIBUTING\.md`, `(?s)make [a-z-]+( .*)?|bin/packaging .*|bin/cluster .*`, "they run the tests, or are run by .ci/run; those of the image and of a release by its workflow"},
}

// TestEveryCommandOfTheDocsIsPlayed finds the command that nobody has tried, of those that
// stand in a block.
func TestEveryCommandOfTheDocsIsPlayed(t *testing.T) {
	used, tests := map[int]bool{}, testsHere(t)
	found := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md", "examples/*/*.md", "charts/eddy/*.md"} {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			for _, command := range commandsOf(t, page) {
				found++
				row := rowOf(page, command)
				if row < 0 {
					t.Errorf("%s: no test types this, and no reason is given:\n%s", page, command)
				}
				used[row] = true
			}
		}
	}
	if found < 80 {
		t.Errorf("found %d commands: the patterns miss them", found)
	}
	for row, one := range played {
		if !used[row] {
			t.Errorf("no page has %s: %s", one.pages, one.commands)
		}
		folder, name, isTest := strings.Cut(one.by, ": Test")
		if isTest && !slices.Contains(tests["Test"+name], folder) {
			t.Errorf("there is no Test%s in %s", name, folder)
		}
	}
}

// rowOf is the first of played that a command of a page is in; -1 where there is none.
func rowOf(page, command string) int {
	for row, one := range played {
		if regexp.MustCompile("^(?:"+one.pages+")$").MatchString(page) && regexp.MustCompile("^(?:"+one.commands+")$").MatchString(command) {
			return row
		}
	}
	return -1
}

// commandsOf are those in the blocks of a page.
func commandsOf(t *testing.T, page string) (commands []string) {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	block := regexp.MustCompile("(?ms)^```([a-z]*)[^\n]*\n(.*?)^```")
	for _, found := range block.FindAllStringSubmatch(text, -1) {
		switch found[1] {
		case "console":
			for _, typed := range regexp.MustCompile(`(?m)^\$ ((?:.*\\\n)*.*)$`).FindAllStringSubmatch(found[2], -1) {
				commands = append(commands, typed[1])
			}
		case "sh":
			commands = append(commands, lines(found[2])...)
		}
	}
	indented := regexp.MustCompile(`(?m)^    ((?:make|go|kind|flux|helm|kubectl|bin/[a-z]+) (?:.*\\\n)*.*)$`)
	for _, typed := range indented.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
		commands = append(commands, lines(typed[1])...)
	}
	return commands
}

// lines are the commands of a text, without the comments behind them; a backslash goes on
// with the next line, and what is quoted with END belongs to the command before.
func lines(text string) []string {
	text = regexp.MustCompile(`(?ms)^(.*<<'?END'?)$.*?^END$`).ReplaceAllString(text, "$1")
	var out []string
	for _, line := range strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\\\n", " "), "\n") {
		for _, command := range strings.Split(regexp.MustCompile(`\s+# .*$`).ReplaceAllString(line, ""), " && ") {
			out = append(out, strings.TrimSpace(command))
		}
	}
	return out
}
