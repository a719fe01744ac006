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
	_, second := parser.ParseBytes(text, 0)
	var syntax goccy.Error
	if errors.As(second, &syntax) && syntax.GetToken() != nil {
		at := syntax.GetToken().Position
		return &Error{Position{file, at.Line, at.Column}, syntax.GetMessage()}
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if found := lineOf.FindStringSubmatch(message); found != nil {
		line, _ := strconv.Atoi(found[1]) // the pattern lets nothing but digits through
		return &Error{Position{file, line, 1}, found[2]}
	}
	return &Error{Position{File: file}, message}
}
