package render

import "text/template/parse"

// Names of the functions that count.
const (
	stepName  = "_step"
	enterName = "_enter"
	leaveName = "_leave"
	weighName = "_weigh"
)

// count rewrites a template so that it counts what it takes, where no function
// would: the turns of a loop, its own beginning and end, and what is compared,
// which an error would print.
//
//	<< range 1000000 >>…<< end >>       << range 1000000 >><< _step >>…<< end >>
//	<< if eq $a inputs.b >>             << if eq ($a | _weigh) (inputs.b | _weigh) >>
//
// The templates that it calls get the names that they have among those of all.
func count(root *parse.ListNode, rename func(string) string) {
	c := counter{rename}
	c.list(root)
	root.Nodes = append([]parse.Node{action0(enterName)}, append(root.Nodes, action0(leaveName))...)
}

// counter walks one template.
type counter struct{ rename func(string) string }

func (c counter) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			c.pipe(n.Pipe)
		case *parse.IfNode:
			c.branch(&n.BranchNode)
		case *parse.WithNode:
			c.branch(&n.BranchNode)
		case *parse.RangeNode:
			c.branch(&n.BranchNode)
			n.List.Nodes = append([]parse.Node{action0(stepName)}, n.List.Nodes...)
		case *parse.TemplateNode:
			c.pipe(n.Pipe)
			n.Name = c.rename(n.Name)
		}
	}
}

func (c counter) branch(branch *parse.BranchNode) {
	c.pipe(branch.Pipe)
	c.list(branch.List)
	c.list(branch.ElseList)
}

func (c counter) pipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	var commands []*parse.CommandNode
	for n, command := range pipe.Cmds {
		compares := isComparison(command)
		for i, arg := range command.Args {
			c.arg(arg)
			if compares && i > 0 {
				command.Args[i] = weighed(arg)
			}
		}
		if compares && n > 0 { // what is piped into it
			commands = append(commands, command0(weighName, pipe.Pos))
		}
		commands = append(commands, command)
	}
	pipe.Cmds = commands
}

func (c counter) arg(arg parse.Node) {
	switch arg := arg.(type) {
	case *parse.PipeNode:
		c.pipe(arg)
	case *parse.ChainNode:
		c.arg(arg.Node)
	}
}

// isComparison reports whether a command compares values.
func isComparison(command *parse.CommandNode) bool {
	switch called(command) {
	case "eq", "ne", "lt", "le", "gt", "ge":
		return true
	default:
		return false
	}
}

// weighed makes `(arg | _weigh)` of an argument that is not written down.
func weighed(arg parse.Node) parse.Node {
	switch arg.(type) {
	case *parse.BoolNode, *parse.NumberNode, *parse.StringNode, *parse.NilNode:
		return arg
	}
	value := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: arg.Position(), Args: []parse.Node{arg}}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: arg.Position(), Cmds: []*parse.CommandNode{value, command0(weighName, arg.Position())}}
}

// action0 makes the action `<< function >>`.
func action0(function string) *parse.ActionNode {
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{command0(function, 0)}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pipe: pipe}
}

// command0 makes the command `function`.
func command0(function string, pos parse.Pos) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{parse.NewIdentifier(function).SetTree(nil).SetPos(pos)}}
}
