package render

import (
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An output of a template is held aside, and a mark takes its place in the
// rendered text: ⸨SEAL000000⸩ for the first, ⸨SEAL000001⸩ for the second. YAML
// sees nothing in a mark but odd letters and a number.
//
// Nobody else can write one. An input cannot, because none of its text gets into
// the rendered text; what its author writes cannot, because the seal is drawn
// when the templates are compiled, and leaves the engine in no value.
const (
	opening = "⸨"
	closing = "⸩"
)

// newSeal draws what the marks of an engine have in common: letters that mean
// nothing to YAML, and end in one, so that the number can be told from them.
func newSeal() string { return rand.Text()[:sealLength] + "X" }

// sealLength letters have 5 bits each.
const sealLength = 16

// Names of the functions that hold.
const (
	holdName      = "_hold"
	holdLinesName = "_holdLines"
)

// action is a part of a template that puts something out.
type action struct {
	// source as its author wrote it, but for spaces.
	source string
	// inputs that it names: title for inputs.title.
	inputs []string
	// quoted: its output is a YAML string, quotes included.
	quoted bool
	// variable: it may put out structure that was written into a variable.
	variable bool
}

// output is what an action came to, or a string in the structure that it wrote.
type output struct {
	text string
	// quoted: text is written in quotes, and stands for value.
	quoted bool
	value  string
	// call that wrote it, from 1, of a string in structure.
	call int
	by   *action
}

// hold keeps an output of the text that is executed, and returns its mark.
func (e *engine) hold(number int, value any) (string, error) {
	by := e.text.actions[number]
	printed, err := e.printed(by, value)
	if err != nil {
		return "", err
	}
	out := output{text: printed, by: by}
	if by.quoted {
		out.value, out.quoted = unquoted(printed)
	}
	return e.mark(out), nil
}

// holdLines is hold for what is to be indented: each line gets its own mark.
func (e *engine) holdLines(number int, value any) (string, error) {
	by := e.text.actions[number]
	printed, err := e.printed(by, value)
	if err != nil {
		return "", err
	}
	return e.marks(by, printed), nil
}

// printed writes a value as text/template does. It refuses what no object can
// hold.
func (e *engine) printed(by *action, value any) (string, error) {
	text, isText := value.(string)
	if !isText {
		if _, err := weigh(reflect.ValueOf(value)); err != nil {
			return "", err
		}
		text = printedAs(value)
	}
	if err := e.meter.spend(work, len(text)); err != nil {
		return "", err
	}
	return text, by.check(text)
}

// marks returns a text of marks, one a line, that can be indented.
func (e *engine) marks(by *action, text string) string {
	lines := strings.Split(text, "\n")
	for n, line := range lines {
		if line != "" {
			lines[n] = e.mark(output{text: line, by: by})
		}
	}
	return strings.Join(lines, "\n")
}

func (e *engine) mark(out output) string {
	e.outputs = append(e.outputs, out)
	return fmt.Sprintf("%s%s%06d%s", opening, e.seal, len(e.outputs)-1, closing)
}

// printedAs writes a value as text/template does.
func printedAs(value any) string {
	if value == nil {
		return "<no value>"
	}
	return fmt.Sprint(value)
}

// check refuses a text that is not UTF-8, or that kubectl could not print and
// Flux could not build, as YAML does not allow one of its characters.
func (a *action) check(printed string) error {
	if !utf8.ValidString(printed) {
		return a.refuse("is not UTF-8")
	}
	if at := strings.IndexFunc(printed, isUnwritable); at >= 0 {
		bad, _ := utf8.DecodeRuneInString(printed[at:])
		return a.refuse(fmt.Sprintf("holds the character %U, which YAML does not allow", bad))
	}
	return nil
}

func (a *action) refuse(why string) error {
	return &textError{a.source, fmt.Sprintf("%s %s: pass it through slugify in the template", inputNames(a.inputs), why)}
}

// isUnwritable reports whether a character cannot be in YAML: NUL, the control
// characters that JSON need not escape, and what is no character at all.
func isUnwritable(r rune) bool {
	return r == 0 || r >= 0x7f && r <= 0x9f && r != 0x85 || r == 0xfffe || r == 0xffff
}

// unquoted returns what one word in quotes stands for.
func unquoted(printed string) (string, bool) {
	if len(printed) < 2 || printed[0] != printed[len(printed)-1] {
		return "", false
	}
	if printed[0] == '\'' { // squote escapes nothing
		return printed[1 : len(printed)-1], true
	}
	value, err := strconv.Unquote(printed)
	return value, err == nil
}

// inputNames lists inputs for a person.
func inputNames(names []string) string {
	if len(names) == 0 {
		return "the input"
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return "inputs." + strings.Join(slices.Compact(sorted), ", inputs.")
}
