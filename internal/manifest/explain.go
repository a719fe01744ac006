package manifest

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	goccy "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
)

// lineOf is where the parsers of Kubernetes say that something is wrong.
var lineOf = regexp.MustCompile(`line (\d+): (.*)`)

// explain says where a text that is not YAML goes wrong. Kubernetes' parsers
// know the line at best, and often one too late; another one is asked, which
// knows the column. Where that one sees nothing wrong, theirs is the word.
func explain(file string, text []byte, err error) error {
	var syntax goccy.Error
	if errors.As(syntaxOf(text), &syntax) && syntax.GetToken() != nil {
		at := Position{file, syntax.GetToken().Position.Line, syntax.GetToken().Position.Column}
		if isVariable(text, at) {
			return &Error{at, "${…} inside [...] or {...} needs quotes around its text: YAML takes the brace for its own", true}
		}
		return &Error{at, syntax.GetMessage(), true}
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := lineOf.FindStringSubmatch(message); found != nil {
		line, _ := strconv.Atoi(found[1]) // the pattern lets nothing but digits through
		return &Error{Position{file, line, 1}, found[2], true}
	}
	return &Error{Position{File: file}, message, true}
}

// maxExplained is the size of a text that is read for nothing but a better error.
// Nobody writes a longer one, and the parser that knows the column has no bound of
// its own: neither of depth nor of time.
const maxExplained = 64 << 10

// syntaxOf returns what the parser that knows the column says.
func syntaxOf(text []byte) error {
	if len(text) > maxExplained || mayBeDeep(text) {
		return nil
	}
	_, err := parser.ParseBytes(text, 0)
	return err
}

// isVariable reports whether the brace of a ${VARIABLE} is at a place.
func isVariable(text []byte, at Position) bool {
	lines := strings.Split(string(text), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		return false
	}
	line := []rune(lines[at.Line-1])
	return at.Column > 1 && at.Column <= len(line) && string(line[at.Column-2:at.Column]) == "${"
}
