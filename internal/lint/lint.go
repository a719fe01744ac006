// Package lint finds what goes wrong in a set-up of previews before it does.
//
//	setup, err := lint.Load(ctx, lint.Options{Paths: []string{"previews", "fleet"}})
//	for _, finding := range setup.Check() {
//		fmt.Println(finding.Position, finding.Message)
//	}
//
// A set-up is read once: documents that know their lines, and for each
// ResourceSet what comes of a few made-up pull requests, through the operator's
// renderer and Flux's build (internal/simulate). A rule is a pure function of
// that, in a file of its own; rules.go lists them. Most rules compare two
// previews: what is the same in both and should not be, or the other way round.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Severity says what a finding does to the exit code.
type Severity string

// An Error breaks previews; a Warning does so in some cases.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Rule finds one kind of mistake.
type Rule struct {
	// ID as in comments and documentation, such as no-prune.
	ID string
	// Severity of its findings, unless one says otherwise.
	Severity Severity
	// Finds says in a line what it finds.
	Finds string

	check func(*Setup) []Finding
}

// Finding is one mistake.
type Finding struct {
	Rule     string
	Severity Severity
	manifest.Position
	// Message says what is wrong, and what comes of it.
	Message string
	// Fix says what to do.
	Fix string
	// Edits do it, where that is mechanical.
	Edits []Edit

	// weak findings are left out where another rule says of that line what comes of it.
	weak bool
}

// Check applies every rule. Findings are ordered by place; those that a comment
// silences are left out, and those of one line and one repair are one.
func (s *Setup) Check() []Finding {
	var out []Finding
	for _, rule := range Rules() {
		out = append(out, s.apply(rule)...)
	}
	slices.SortStableFunc(out, byPlace)
	return folded(strongest(out))
}

// apply are the findings of a rule that no comment silences.
func (s *Setup) apply(rule Rule) []Finding {
	var out []Finding
	for _, finding := range rule.check(s) {
		finding.Rule = rule.ID
		finding.Severity = cmp.Or(finding.Severity, rule.Severity)
		finding.Message, finding.Fix = generic(finding.Message), generic(finding.Fix)
		if !s.silenced(finding) {
			out = append(out, finding)
		}
	}
	return out
}

func byPlace(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Fix, b.Fix))
}

// strongest leaves out what another rule says better.
func strongest(findings []Finding) []Finding {
	said := map[manifest.Position]bool{}
	for _, finding := range findings {
		if !finding.weak && finding.Severity == Error {
			said[manifest.Position{File: finding.File, Line: finding.Line}] = true
		}
	}
	return slices.DeleteFunc(findings, func(finding Finding) bool {
		return finding.weak && said[manifest.Position{File: finding.File, Line: finding.Line}]
	})
}

// generic writes a text of the first sample as it is for any request: what was made up
// stands in nobody's files.
func generic(text string) string { return madeUp.Replace(text) }

// madeUp are the values of the samples, the longest first.
var madeUp = strings.NewReplacer(
	firstCommit, "COMMIT", "c0ffee1a", "COMMIT", firstText, "TEXT", "branch-"+firstNumber, "SLUG", "name-"+firstNumber, "NAME",
	firstNumber, "NUMBER", secondNumber, "NUMBER", unsetText, "${…}",
)

// folded makes one of the findings that one line causes: an annotation of the
// overlay goes wrong in every object.
func folded(findings []Finding) []Finding {
	var out []Finding
	more := 0
	told := func() {
		if more > 0 {
			out[len(out)-1].Message += fmt.Sprintf(" (and %d more of this line)", more)
		}
		more = 0
	}
	for _, finding := range findings {
		switch n := len(out) - 1; {
		case n < 0 || out[n].Rule != finding.Rule || out[n].Position != finding.Position || out[n].Fix != finding.Fix || out[n].Severity != finding.Severity:
			told()
			out = append(out, finding)
		case out[n].Message != finding.Message:
			more++
		}
	}
	told()
	return out
}
