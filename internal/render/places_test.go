package render_test

import (
	"fmt"
	"strings"
)

// place is a template with an action in it: E stands for an expression.
type place struct {
	name string
	// spec of the ResourceSet.
	spec string
	// it is what the object has at spec.it: scalar, or what is written there of
	// the shape of the expression's value.
	it func(value string) string
	// key: the action writes a key, beside the fixed ones.
	key bool
}

func scalar(string) string        { return leaf }
func structure(own string) string { return own }

// leaf is the shape of any scalar.
const leaf = "•"

// inTemplate are places in a resourcesTemplate: what stands under spec.
var inTemplate = []place{
	{name: "plain", spec: "it: << E >>", it: scalar},
	{name: "in double quotes", spec: `it: "<< E >>"`, it: scalar},
	{name: "in single quotes", spec: `it: '<< E >>'`, it: scalar},
	{name: "among text", spec: `it: before << E >> after`, it: scalar},
	{name: "block", spec: "it: |\n    first\n    << E >>\n    last", it: scalar},
	{name: "folded", spec: "it: >-\n    << E >>", it: scalar},
	{name: "indented block", spec: "it: |\n<< E | toString | indent 4 >>", it: scalar},
	{name: "quoted", spec: "it: << E | quote >>", it: scalar},
	{name: "flow list", spec: "it: [a, << E >>, b]", it: func(string) string { return "[• • •]" }},
	{name: "flow map", spec: "it: {a: << E >>, b: 1}", it: func(string) string { return "{a:• b:•}" }},
	{name: "list", spec: "it:\n  - << E >>\n  - b", it: func(string) string { return "[• •]" }},
	{name: "key", spec: "it: 1\n  << E >>: 1", it: scalar, key: true},
	{name: "quoted key", spec: "it: 1\n  \"k << E >>\": 1", it: scalar, key: true},
	{name: "comment", spec: "it: x # << E >>", it: scalar},
	{name: "variable", spec: "<< $v := E >>it: << $v >>", it: scalar},
	{name: "assigned", spec: "<< $v := \"\" >><< if true >><< $v = E >><< end >>it: << $v >>", it: scalar},
	{name: "range", spec: "<< range list (E) >>it: << . >><< end >>", it: scalar},
	{name: "defined", spec: "<< define \"d\" >><< . >><< end >>it: << template \"d\" (E) >>", it: scalar},
	{name: "block of a template", spec: "it: << block \"b\" (E) >><< . >><< end >>", it: scalar},
	{name: "with", spec: "<< with E >>it: << . >><< else >>it: x<< end >>", it: scalar},
	{name: "structure", spec: "it: << E | toJson >>", it: structure},
	{name: "structure as YAML", spec: "it: << E | toYaml | nindent 4 >>", it: structure},
	{name: "pretty structure", spec: "it: << E | toPrettyJson | nindent 4 >>", it: structure},
	{name: "raw structure", spec: "it: [<< E | mustToRawJson >>]", it: func(own string) string { return "[" + own + "]" }},
	{name: "trimmed structure", spec: "it: << E | toJson | trimSuffix \"x\" | trim >>", it: structure},
	{name: "structure trimmed by a text", spec: "it: '<< E | toJson | trimSuffix inputs.text >>'", it: scalar},
	{name: "structure in a block", spec: "it: |\n    {\"a\": << E | toJson >>}\n    last", it: scalar},
	{name: "YAML in a block", spec: "it: |\n    << E | toYaml | nindent 4 >>\n    last", it: scalar},
	{name: "structure in single quotes", spec: "it: 'x << E | toRawJson >>'", it: scalar},
	{name: "structure of a template", spec: "<< define \"d\" >><< . | toJson >><< end >>it: << template \"d\" (E) >>", it: structure},
}

// inResources are places in an item of resources.
var inResources = []place{
	{name: "value", spec: `it: << E >>`, it: scalar},
	{name: "among text", spec: "it: 'x: << E >> # y'", it: scalar},
	{name: "lines", spec: "it: |\n      first\n      [<< E >>]\n      last", it: scalar},
	{name: "quoted", spec: "it: << E | quote >>", it: scalar},
	{name: "item", spec: "it: ['<< E >>', x]", it: func(string) string { return "[• •]" }},
	{name: "key", spec: "it: 1\n    '<< E >>': 1", it: scalar, key: true},
	{name: "structure", spec: "it: << E | toYaml | nindent 4 >>", it: structure},
	{name: "JSON", spec: "it: << E | toJson >>", it: structure},
	{name: "JSON in lines", spec: "it: |\n      << E | toJson >>\n      more", it: scalar},
	{name: "JSON among text", spec: "it: '{\"words\": << E | toJson >>, \"id\": 1}'", it: scalar},
}

// places are all of them, as specs of ResourceSets.
func places() []place {
	var out []place
	for _, p := range inTemplate {
		text := "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  before: 1\n  " + p.spec + "\n  after: [x]\nlast: {fixed: yes}\n"
		p.name = "resourcesTemplate, " + p.name
		p.spec = "resourcesTemplate: |\n  " + strings.ReplaceAll(text, "\n", "\n  ")
		out = append(out, p)
	}
	for _, p := range inResources {
		p.name = "resources, " + p.name
		p.spec = fmt.Sprintf("resources:\n- apiVersion: example.com/v1\n  kind: Thing\n  metadata: {name: a}\n  spec:\n    before: 1\n    %s\n    after: [x]\n  last: {fixed: yes}\n", p.spec)
		out = append(out, p)
	}
	return out
}

// with puts an expression into the place.
func (p place) with(expression string) string {
	for letter, input := range map[string]string{
		"T": "inputs.text", "L": "inputs.list", "M": "inputs.map", "J": "inputs.json", "B": "inputs.base64", "C": "inputs.base32",
	} {
		expression = word(letter).ReplaceAllString(expression, input)
	}
	return strings.ReplaceAll(p.spec, "E", expression)
}
