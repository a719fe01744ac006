package lint_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
)

// section is a rule in docs/lint.md with its example.
type section struct{ rule, text, diff string }

// fixable reports whether the page says that --fix repairs it.
func (s section) fixable() bool {
	first, _, _ := strings.Cut(s.text, ".")
	return strings.Contains(first, "fixable")
}

var (
	heading = regexp.MustCompile(`(?m)^## ([a-z-]+)\n`)
	example = regexp.MustCompile("(?s)```diff\n(.*?)```")
	named   = regexp.MustCompile(`^ # (\S+\.yaml)$`)
)

func sections(t *testing.T) []section {
	t.Helper()
	page, err := os.ReadFile("../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []section
	starts := heading.FindAllStringSubmatchIndex(string(page), -1)
	for n, start := range starts {
		end := len(page)
		if n+1 < len(starts) {
			end = starts[n+1][0]
		}
		text := string(page[start[1]:end])
		found := example.FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("%s has no example", page[start[2]:start[3]])
		}
		out = append(out, section{string(page[start[2]:start[3]]), text, found[1]})
	}
	return out
}

func TestEachRuleIsDocumentedInItsOrder(t *testing.T) {
	var documented, rules []string
	for _, section := range sections(t) {
		documented = append(documented, section.rule)
	}
	for _, rule := range lint.Rules() {
		rules = append(rules, rule.ID)
	}
	if !slices.Equal(documented, rules) {
		t.Errorf("documented are\n%v, and there are\n%v", documented, rules)
	}
	for n, section := range sections(t) {
		want := map[lint.Severity]string{lint.Error: "An error", lint.Warning: "A warning"}[lint.Rules()[n].Severity]
		if !strings.HasPrefix(strings.TrimSpace(section.text), want) {
			t.Errorf("%s does not begin with %q", section.rule, want)
		}
	}
}

func TestEachExampleOfADocumentedMistakeIsFoundAndItsRepairIsClean(t *testing.T) {
	t.Parallel()
	for _, section := range sections(t) {
		t.Run(section.rule, func(t *testing.T) {
			t.Parallel()
			t.Run("the mistake yields that rule alone", func(t *testing.T) {
				root, _ := changed(t, section.diff, "-")
				findings := check(t, root)
				if len(findings) == 0 {
					t.Fatal("nothing is found")
				}
				for _, finding := range findings {
					if finding.Rule != section.rule {
						t.Errorf("%s is found too: %s: %s", finding.Rule, finding.Position, finding.Message)
					}
					if fixable := len(finding.Edits) > 0; fixable && !section.fixable() {
						t.Error("it can be fixed, and the page does not say so")
					}
					if finding.File == "" || finding.Line == 0 || finding.Message == "" || finding.Fix == "" {
						t.Errorf("the finding is not whole: %+v", finding)
					}
				}
			})
			t.Run("the repair is clean", func(t *testing.T) {
				root, untouched := changed(t, section.diff, "+")
				if untouched {
					return // TestTheExamplesAreClean builds it for all
				}
				for _, finding := range check(t, root) {
					t.Errorf("%s: %s: %s", finding.Position, finding.Rule, finding.Message)
				}
			})
		})
	}
}

func TestWhatIsFixableIsFixed(t *testing.T) {
	t.Parallel()
	for _, section := range sections(t) {
		if !section.fixable() {
			continue
		}
		t.Run(section.rule, func(t *testing.T) {
			t.Parallel()
			root, _ := changed(t, section.diff, "-")
			setup := load(t, root)
			texts, count := setup.Fix(setup.Check())
			if count == 0 {
				t.Fatal("nothing is fixed")
			}
			for name, text := range texts {
				if err := os.WriteFile(name, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, finding := range check(t, root) {
				t.Errorf("after the repair: %s: %s: %s", finding.Position, finding.Rule, finding.Message)
			}
		})
	}
}

func TestTheExamplesAreClean(t *testing.T) {
	t.Parallel()
	for _, paths := range [][]string{{"../../examples"}, {"../../examples/github", "../../examples/fleet"}} {
		for _, finding := range check(t, paths...) {
			t.Errorf("%s: %s: %s", finding.Position, finding.Rule, finding.Message)
		}
	}
}

func load(t *testing.T, paths ...string) *lint.Setup {
	t.Helper()
	setup, err := lint.Load(t.Context(), lint.Options{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

func check(t *testing.T, paths ...string) []lint.Finding {
	t.Helper()
	return slices.DeleteFunc(load(t, paths...).Findings(), func(finding lint.Finding) bool {
		unseen := finding.Rule == lint.Unseen().ID
		if unseen && strings.Contains(finding.Message, "is not checked") {
			t.Error(finding.Message)
		}
		return unseen
	})
}

// changed copies the set-up of the examples with the lines of one side of a diff,
// and reports whether it is as it was: many a repair is what the examples have.
func changed(t *testing.T, diff, side string) (root string, untouched bool) {
	t.Helper()
	root = t.TempDir()
	for _, folder := range []string{"github", "fleet"} {
		if err := os.CopyFS(root, os.DirFS("../../examples/"+folder)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	lines := strings.SplitAfter(diff, "\n")
	file := named.FindStringSubmatch(strings.TrimSuffix(lines[0], "\n"))
	if file == nil {
		t.Fatalf("the example does not begin with the name of a file, but with %q", lines[0])
	}
	path := filepath.Join(root, file[1])
	wanted, other := sideOf(lines[1:], side), sideOf(lines[1:], "+")
	before, err := os.ReadFile(path)
	text := before
	switch {
	case os.IsNotExist(err):
		text = []byte(wanted)
		list(t, path)
	case strings.Count(string(text), other) == 1:
		text = []byte(strings.Replace(string(text), other, wanted, 1))
	default:
		context := sideOf(lines[1:], " ")
		if strings.Count(string(text), context) != 1 {
			t.Fatalf("%s holds neither\n%s nor once\n%s", file[1], other, context)
		}
		text = []byte(strings.Replace(string(text), context, wanted, 1))
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return root, err == nil && bytes.Equal(text, before)
}

// sideOf returns the lines of one side of a diff, and the context.
func sideOf(lines []string, side string) string {
	out := ""
	for _, line := range lines {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, side) {
			out += line[1:]
		}
	}
	return out
}

// list adds a new file of the base to its kustomization.yaml.
func list(t *testing.T, path string) {
	t.Helper()
	kustomization := filepath.Join(filepath.Dir(path), "kustomization.yaml")
	text, err := os.ReadFile(kustomization)
	if err != nil {
		return // not a folder of kustomize
	}
	text = append(text, []byte("  - "+filepath.Base(path)+"\n")...)
	if err := os.WriteFile(kustomization, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
