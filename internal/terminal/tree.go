package terminal

import (
	"strings"

	"charm.land/lipgloss/v2/tree"
)

// Branch is a line of a tree, and what is below it.
type Branch struct {
	Label    string
	Children []Branch
}

// Lines draws the tree, a line each.
func (b Branch) Lines() []string { return strings.Split(b.drawn().String(), "\n") }

func (b Branch) drawn() *tree.Tree {
	out := tree.Root(b.Label)
	for _, child := range b.Children {
		out.Child(child.drawn())
	}
	return out
}
