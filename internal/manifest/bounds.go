package manifest

import (
	"bytes"
	"fmt"

	yamlv3 "go.yaml.in/yaml/v3"
)

// The bounds of a text of YAML. The readers of YAML call themselves for what is
// inside of something, and a program of Go whose stack is full cannot go on; most
// write aliases out.
const (
	// maxDepth is how deep values may be in each other, where an alias is as deep
	// as what it stands for.
	maxDepth = 1000
	// maxNodes is how many values a text may have when its aliases are written out.
	maxNodes = 2_000_000
)

// Bound refuses a text whose values are too deep in each other, or whose aliases
// come to too much, or to no end. It is asked before anything else reads a text
// that somebody may have written to do harm. What is not YAML is left to those who
// read it, which say what is wrong.
func Bound(name string, text []byte) error {
	if !bytes.ContainsRune(text, '&') && !mayBeDeep(text) {
		return nil // which is most, and need not be read twice
	}
	decoder := yamlv3.NewDecoder(bytes.NewReader(text))
	for {
		var document yamlv3.Node
		if decoder.Decode(&document) != nil {
			return nil //nolint:nilerr // it has a bound of its own
		}
		count := counter{sizes: map[*yamlv3.Node]*size{}}
		switch all := count.size(&document); {
		case count.endless:
			return fmt.Errorf("%s: an anchor holds an alias of itself", name)
		case all.nodes > maxNodes:
			return fmt.Errorf("%s: its aliases come to more than %d values", name, maxNodes)
		case all.depth > maxDepth:
			return fmt.Errorf("%s: its values are in each other more than %d deep", name, maxDepth)
		}
	}
}

// mayBeDeep reports whether a text without aliases could have values that are too
// deep, as far as can be seen by its brackets and indentation.
func mayBeDeep(text []byte) bool {
	open := 0
	for line := range bytes.Lines(text) {
		// A column has room for two: a list may begin where the key of it does.
		if 2*(len(line)-len(bytes.TrimLeft(line, " \t-?:")))+open > maxDepth {
			return true
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open > maxDepth/2 {
				return true
			}
		}
	}
	return false
}

// size is what a node comes to.
type size struct{ nodes, depth int }

// counter counts the nodes of a tree in which aliases are written out.
type counter struct {
	sizes   map[*yamlv3.Node]*size
	endless bool
}

// size never passes maxNodes by more than a node's share, and so never overflows.
func (c *counter) size(node *yamlv3.Node) size {
	if known, seen := c.sizes[node]; seen {
		if known == nil { // being counted: who meets it again is inside of it
			c.endless = true
			return size{}
		}
		return *known
	}
	c.sizes[node] = nil
	total := size{nodes: 1}
	add := func(of size) {
		total.nodes = min(total.nodes+of.nodes, maxNodes+1)
		total.depth = max(total.depth, of.depth)
	}
	if node.Kind == yamlv3.AliasNode {
		add(c.size(node.Alias))
	}
	for _, child := range node.Content {
		add(c.size(child))
	}
	total.depth++
	c.sizes[node] = &total
	return total
}
