package render

import (
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// holder rewrites one template so that what it puts out of an input is held:
//
//	<< inputs.title >>                     << inputs.title | _hold 0 >>
//	<< inputs.text | nindent 4 >>          << inputs.text | _holdLines 1 | nindent 4 >>
//	<< inputs.labels | toYaml | indent 4>> << inputs.labels | _toYaml | indent 4 >>
type holder struct {
	text *text
	// written are the variables that hold written structure.
	written map[string]bool
}

func (h *holder) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			h.action(n.Pipe)
		case *parse.IfNode:
			h.branch(&n.BranchNode)
		case *parse.RangeNode:
			h.branch(&n.BranchNode)
		case *parse.WithNode:
			h.branch(&n.BranchNode)
		}
	}
}

func (h *holder) branch(branch *parse.BranchNode) {
	h.declare(branch.Pipe)
	h.list(branch.List)
	h.list(branch.ElseList)
}

func (h *holder) action(pipe *parse.PipeNode) {
	if len(pipe.Decl) > 0 {
		h.declare(pipe)
		return
	}
	found := h.inspect(pipe)
	if !found.fromInput {
		return
	}
	if function := writer(pipe); function != nil {
		function.Ident = structurePrefix + function.Ident
		h.text.structures = append(h.text.structures, found.inputs...)
		h.text.structured = true
		return
	}
	h.hold(pipe, &action{source: pipe.String(), inputs: found.inputs, variable: found.written})
}

// declare remembers the variables that a pipe writes structure into.
func (h *holder) declare(pipe *parse.PipeNode) {
	if writer(pipe) == nil {
		return
	}
	for _, variable := range pipe.Decl {
		h.written[variable.Ident[0]] = true
	}
}

// hold puts a hold at the end of a pipe, but before what indents.
func (h *holder) hold(pipe *parse.PipeNode, by *action) {
	if first := pipe.Cmds[0]; isIndent(first) && len(first.Args) == 3 {
		// `indent 4 inputs.text` is `inputs.text | indent 4`.
		value := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: first.Pos, Args: first.Args[2:]}
		first.Args = first.Args[:2]
		pipe.Cmds = slices.Insert(pipe.Cmds, 0, value)
	}
	at := len(pipe.Cmds)
	for at > 1 && isIndent(pipe.Cmds[at-1]) {
		at--
	}
	by.quoted = isQuote(pipe.Cmds[at-1], at > 1)
	function := holdName
	if at < len(pipe.Cmds) && !by.quoted {
		function = holdLinesName
	}
	pipe.Cmds = slices.Insert(pipe.Cmds, at, call(function, len(h.text.actions), pipe.Pos))
	h.text.actions = append(h.text.actions, by)
}

// call makes the command `function number`.
func call(function string, number int, pos parse.Pos) *parse.CommandNode {
	argument := &parse.NumberNode{NodeType: parse.NodeNumber, Pos: pos, IsInt: true, Int64: int64(number), Text: strconv.Itoa(number)}
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{
		parse.NewIdentifier(function).SetTree(nil).SetPos(pos), argument,
	}}
}

// isQuote reports whether a command puts one value in quotes: its only
// argument, or what is piped into it.
func isQuote(command *parse.CommandNode, piped bool) bool {
	function := called(command)
	return (function == "quote" || function == "squote") && (len(command.Args) == 2) != piped
}

func isIndent(command *parse.CommandNode) bool {
	return called(command) == "indent" || called(command) == "nindent"
}

// called returns the function that a command calls, "" when it calls none.
func called(command *parse.CommandNode) string {
	if identifier, ok := command.Args[0].(*parse.IdentifierNode); ok {
		return identifier.Ident
	}
	return ""
}

// layout are the functions that may follow toYaml and leave structure what it is.
var layout = []string{"indent", "nindent", "trim", "trimSuffix", "trimPrefix", "trimAll"}

// isLayout reports whether a command just lays structure out. What it trims has
// to be written down: a text of an input could cut marks.
func isLayout(command *parse.CommandNode) bool {
	name := called(command)
	if !slices.Contains(layout, name) {
		return false
	}
	if !strings.HasPrefix(name, "trim") || len(command.Args) == 1 {
		return true
	}
	cut, written := command.Args[1].(*parse.StringNode)
	if name == "trim" || !written {
		return name == "trim"
	}
	return !strings.ContainsAny(cut.Text, opening+closing)
}

// writer returns the function that writes structure which the pipe puts out;
// nil when it puts out a text.
func writer(pipe *parse.PipeNode) *parse.IdentifierNode {
	for n := len(pipe.Cmds) - 1; n >= 0; n-- {
		command := pipe.Cmds[n]
		name := called(command)
		if slices.Contains(structural, name) {
			return command.Args[0].(*parse.IdentifierNode) // it is what is called
		}
		if n == 0 && (len(command.Args) == 1 || isLayout(command)) {
			if inner, ok := command.Args[len(command.Args)-1].(*parse.PipeNode); ok {
				return writer(inner)
			}
		}
		if !isLayout(command) {
			return nil
		}
	}
	return nil
}

// finding is what a pipe is made of.
type finding struct {
	// fromInput: a value of an input may be in it. Otherwise it is its
	// author's text, such as << "<<" >>.
	fromInput bool
	// written: it uses a variable that structure was written into.
	written bool
	// inputs that it names.
	inputs []string
}

func (h *holder) inspect(pipe *parse.PipeNode) finding {
	var found finding
	for _, command := range pipe.Cmds {
		for _, arg := range command.Args {
			h.argument(arg, &found)
		}
	}
	return found
}

func (h *holder) argument(arg parse.Node, found *finding) {
	switch arg := arg.(type) {
	case *parse.IdentifierNode:
		found.fromInput = found.fromInput || arg.Ident == "inputs"
	case *parse.ChainNode:
		if of, ok := arg.Node.(*parse.IdentifierNode); ok && of.Ident == "inputs" {
			found.inputs = append(found.inputs, arg.Field[0])
		}
		h.argument(arg.Node, found)
	case *parse.PipeNode:
		inner := h.inspect(arg)
		found.fromInput = found.fromInput || inner.fromInput
		found.written = found.written || inner.written
		found.inputs = append(found.inputs, inner.inputs...)
	case *parse.VariableNode:
		found.fromInput = true
		found.written = found.written || h.written[arg.Ident[0]]
	case *parse.BoolNode, *parse.NumberNode, *parse.StringNode, *parse.NilNode:
		// its author's
	default:
		found.fromInput = true
	}
}
