package manifest

import (
	"bytes"
	"fmt"
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// mergeKey takes in what an anchor stands for. The strict reader of Kubernetes takes a
// key beside it that overrides one of the anchor for the same key twice, which it is not.
const mergeKey = "<<"

// toJSON reads a text that is parsed already. A key that is there twice is an error.
func toJSON(text []byte, root *yamlv3.Node) ([]byte, error) {
	if !bytes.Contains(text, []byte(mergeKey)) || !merges(root) {
		return yaml.YAMLToJSONStrict(text)
	}
	if err := doubled(root); err != nil {
		return nil, err
	}
	written, err := yamlv3.Marshal(flat(root))
	if err != nil {
		return nil, err
	}
	return yaml.YAMLToJSONStrict(written)
}

// merges reports whether a tree has a merge key.
func merges(node *yamlv3.Node) bool {
	return node.Kind == yamlv3.MappingNode && len(merged(node)) > 0 || slices.ContainsFunc(node.Content, merges)
}

// merged are the mappings that a mapping takes in, the one that counts first.
func merged(node *yamlv3.Node) []*yamlv3.Node {
	if node == nil || node.Kind != yamlv3.MappingNode {
		return nil
	}
	var out []*yamlv3.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value != mergeKey || node.Content[i].ShortTag() != "!!merge" {
			continue
		}
		from := followed(node.Content[i+1])
		if from.Kind == yamlv3.SequenceNode {
			for _, item := range from.Content {
				out = append(out, followed(item))
			}
			continue
		}
		out = append(out, from)
	}
	return out
}

func followed(node *yamlv3.Node) *yamlv3.Node {
	if node.Kind == yamlv3.AliasNode {
		return node.Alias
	}
	return node
}

// doubled finds a key that a mapping has twice.
func doubled(node *yamlv3.Node) error {
	if node.Kind == yamlv3.MappingNode {
		seen := map[string]int{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if line, twice := seen[key.Value]; twice && key.Kind == yamlv3.ScalarNode {
				return fmt.Errorf("line %d: key %q already set in line %d", key.Line, key.Value, line)
			}
			seen[key.Value] = key.Line
		}
	}
	for _, child := range node.Content {
		if err := doubled(child); err != nil {
			return err
		}
	}
	return nil
}

// flat returns a tree without aliases, in which what a mapping takes in is its own.
func flat(node *yamlv3.Node) *yamlv3.Node {
	node = followed(node)
	out := *node
	out.Anchor, out.Content = "", nil
	if node.Kind != yamlv3.MappingNode {
		for _, child := range node.Content {
			out.Content = append(out.Content, flat(child))
		}
		return &out
	}
	seen := map[string]bool{}
	takes := func(from *yamlv3.Node) {
		for i := 0; i+1 < len(from.Content); i += 2 {
			key := from.Content[i]
			if key.ShortTag() == "!!merge" || seen[key.Value] {
				continue
			}
			seen[key.Value] = true
			out.Content = append(out.Content, flat(key), flat(from.Content[i+1]))
		}
	}
	takes(node)
	for _, from := range merged(node) {
		if from.Kind == yamlv3.MappingNode {
			takes(flat(from))
		}
	}
	return &out
}
