package manifest

import (
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// bools are the words that Kubernetes' YAML takes for true and false, where they are
// not in quotes.
var bools = map[string]string{"y": "true", "yes": "true", "on": "true", "true": "true", "n": "false", "no": "false", "off": "false", "false": "false"}

// BoolWord returns what YAML makes of a word such as N, on or Yes: true or false.
func BoolWord(word string) (value string, isBool bool) {
	value, isBool = bools[strings.ToLower(word)]
	asWritten := []string{strings.ToLower(word), strings.ToUpper(word), strings.ToUpper(word[:min(1, len(word))]) + strings.ToLower(word[min(1, len(word)):])}
	return value, isBool && slices.Contains(asWritten, word)
}

// BoolKeys are the keys below a node that YAML takes for true or false: N and ON, where
// a name was meant.
func BoolKeys(node *yamlv3.Node) []*yamlv3.Node {
	var out []*yamlv3.Node
	for i, child := range node.Content {
		isKey := node.Kind == yamlv3.MappingNode && i%2 == 0
		if _, isBool := BoolWord(child.Value); isKey && isBool && child.Kind == yamlv3.ScalarNode && child.Style == 0 {
			out = append(out, child)
		}
		out = append(out, BoolKeys(child)...)
	}
	return out
}
