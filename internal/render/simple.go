package render

import (
	"slices"
	"text/template/parse"
)

// structural are the functions whose result is more than one scalar.
var structural = []string{
	"toYaml", "mustToYaml", "toJson", "mustToJson", "toPrettyJson", "mustToPrettyJson", "toRawJson", "mustToRawJson",
	"indent", "nindent", "set", "unset",
}

// simple reports whether a template is text and plain actions: no control
// flow, no variables, no functions that make structure.
func simple(root *parse.ListNode) bool {
	for _, n := range root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || !simplePipe(n.Pipe) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func simplePipe(pipe *parse.PipeNode) bool {
	for _, command := range pipe.Cmds {
		for _, arg := range command.Args {
			switch arg := arg.(type) {
			case *parse.IdentifierNode:
				if slices.Contains(structural, arg.Ident) {
					return false
				}
			case *parse.PipeNode:
				if !simplePipe(arg) {
					return false
				}
			case *parse.VariableNode:
				return false
			}
		}
	}
	return true
}

// endsInQuote reports whether a template is one action that ends in quote or
// squote: it writes a YAML string, quotes included.
func endsInQuote(root *parse.ListNode) bool {
	if len(root.Nodes) != 1 {
		return false
	}
	action, ok := root.Nodes[0].(*parse.ActionNode)
	if !ok {
		return false
	}
	last := action.Pipe.Cmds[len(action.Pipe.Cmds)-1]
	name, ok := last.Args[0].(*parse.IdentifierNode)
	return ok && (name.Ident == "quote" || name.Ident == "squote")
}
