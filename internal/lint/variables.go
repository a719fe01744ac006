package lint

import (
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// variable is ${NAME} or ${NAME:=default}, and $${NAME}, which is left alone.
var variable = regexp.MustCompile(`(\$?)\$\{(\w+)([^}]*)\}`)

// use is a place where a variable is used.
type use struct {
	manifest.Position
	name       string
	hasDefault bool
	// alone in its scalar.
	alone bool
}

// variables lists where the files of an overlay use variables.
func (f *sourceFiles) variables() []use {
	var out []use
	for _, document := range f.documents {
		if isSwitchedOff(document.At("metadata")) {
			continue
		}
		everyText(document.Root, func(node *yamlv3.Node) {
			position := document.Position(node)
			if node.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0 {
				position.Line, position.Column = position.Line+1, 1
			}
			out = append(out, usesIn(node.Value, position)...)
		})
	}
	for _, name := range f.generated {
		out = append(out, usesIn(string(f.setup.texts.of(name)), manifest.Position{File: name, Line: 1, Column: 1})...)
	}
	return out
}

// partUse is where an overlay uses a variable, in a sample.
type partUse struct {
	use
	part part
	// given are the names of the variables that have a value.
	given []string
}

// uses lists where the overlay of a Kustomization uses variables.
func (p part) uses() []partUse {
	if p.Kustomization == nil {
		return nil
	}
	given := p.given()
	var out []partUse
	for _, use := range p.sources().variables() {
		out = append(out, partUse{use, p, given})
	}
	return out
}

// usesIn lists the uses in a text that begins at a position.
func usesIn(text string, at manifest.Position) []use {
	var out []use
	for _, found := range variable.FindAllStringSubmatchIndex(text, -1) {
		if found[3] > found[2] { // $${NAME}
			continue
		}
		position := at
		position.Line += strings.Count(text[:found[0]], "\n")
		out = append(out, use{position, text[found[4]:found[5]], found[7] > found[6], text[found[0]:found[1]] == text})
	}
	return out
}

// everyText visits keys and values that are text.
func everyText(node *yamlv3.Node, visit func(*yamlv3.Node)) {
	if node.Kind == yamlv3.ScalarNode {
		visit(node)
	}
	for _, child := range node.Content {
		everyText(child, visit)
	}
}

// hasVariable reports whether one of the values holds a variable of Flux.
func hasVariable(values []*yamlv3.Node) bool {
	return slices.ContainsFunc(values, func(value *yamlv3.Node) bool { return variable.MatchString(value.Value) })
}
