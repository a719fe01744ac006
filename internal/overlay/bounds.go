package overlay

import (
	"bytes"
	"fmt"

	yamlv3 "go.yaml.in/yaml/v3"
)

// The bounds of what a build comes to. A fleet of a thousand services is far
// from each of them.
const (
	// maxNodes is how many values a text of YAML may have when its aliases are
	// written out.
	maxNodes = 2_000_000
	// maxBuilt is how many bytes a build may read, where a base that two others
	// build upon is read twice.
	maxBuilt = 128 << 20
	// maxLayers is how many kustomization.yaml a build may read, counted so.
	maxLayers = 10_000
)

// boundYAML refuses a text whose aliases come to too much, or to no end, when they
// are written out, which is what kustomize does. What is not YAML is left to
// kustomize, which says what is wrong.
func boundYAML(name string, text []byte) error {
	if !bytes.ContainsRune(text, '&') {
		return nil // there is nothing that an alias could stand for
	}
	decoder := yamlv3.NewDecoder(bytes.NewReader(text))
	for {
		var document yamlv3.Node
		if decoder.Decode(&document) != nil {
			return nil
		}
		count := counter{sizes: map[*yamlv3.Node]int{}}
		switch n := count.size(&document); {
		case count.endless:
			return fmt.Errorf("%s: an anchor holds an alias of itself", name)
		case n > maxNodes:
			return fmt.Errorf("%s: its aliases come to more than %d values", name, maxNodes)
		}
	}
}

// counter counts the nodes of a tree in which aliases are written out.
type counter struct {
	sizes   map[*yamlv3.Node]int
	endless bool
}

// size never passes maxNodes by more than a node's share, and so never overflows.
func (c *counter) size(node *yamlv3.Node) int {
	if known, seen := c.sizes[node]; seen {
		c.endless = c.endless || known < 0
		return max(known, 0)
	}
	c.sizes[node] = -1 // being counted: who meets it again is inside of it
	total := 1
	if node.Kind == yamlv3.AliasNode {
		total += c.size(node.Alias)
	}
	for _, child := range node.Content {
		total = min(total+c.size(child), maxNodes+1)
	}
	c.sizes[node] = total
	return total
}
