package manifest

import (
	"regexp"
	"strings"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Place returns where the value or the key of a field is, or as much of its path as is
// written down.
func (d *Document) Place(part Part, path ...any) Position {
	return d.Position(pick(d.Root, path, part))
}

// Stamped returns where a template in a field of the document gives an object that was
// made of it a field, or as much of the path as is written down. Where the template is a text of several objects, the place is the
// line and column in it.
//
//	at := document.Stamped("spec.resourcesTemplate", object, manifest.Value, "spec", "interval")
func (d *Document) Stamped(field string, object *unstructured.Unstructured, part Part, path ...any) Position {
	base := Path(field)
	node := d.At(base...)
	if node == nil || node.Kind != yamlv3.ScalarNode {
		return d.Position(pick(d.Root, append(base, path...), part))
	}
	text, offset := d.block(node)
	if text == "" {
		return d.Position(node)
	}
	from := sectionOf(text, object)
	if from.root == nil {
		return d.Position(node)
	}
	found := pick(from.root, path, part)
	return Position{d.File, offset.Line + from.line + found.Line, offset.Column + found.Column}
}

// Within returns where a place in the text of a scalar is, counted in bytes from its
// beginning; that of the scalar where its lines are not those of the file.
func (d *Document) Within(node *yamlv3.Node, at int) Position {
	before := node.Value[:at]
	text, offset := d.block(node)
	if text == "" {
		out := d.Position(node)
		if node.Style == 0 && !strings.Contains(node.Value, "\n") {
			out.Column += utf8.RuneCountInString(before)
		}
		return out
	}
	line := before[strings.LastIndex(before, "\n")+1:]
	return Position{d.File, offset.Line + 1 + strings.Count(before, "\n"), offset.Column + 1 + utf8.RuneCountInString(line)}
}

// BoolKey is a key that YAML takes for true or false.
type BoolKey struct {
	Position
	Word string
}

// BoolKeysIn are the keys of that sort in a text that is a template of YAML.
func (d *Document) BoolKeysIn(node *yamlv3.Node) []BoolKey {
	text, offset := d.block(node)
	if text == "" {
		return nil
	}
	var out []BoolKey
	for _, one := range sections(text) {
		for _, key := range BoolKeys(one.root) {
			out = append(out, BoolKey{Position{d.File, offset.Line + one.line + key.Line, offset.Column + key.Column}, key.Value})
		}
	}
	return out
}

// Part is which part of a field is meant.
type Part string

// A fault is in the value of a field, or its key is wrong.
const (
	Value Part = "value"
	Key   Part = "key"
)

// pick returns the node at a path, or at as much of it as there is.
func pick(root *yamlv3.Node, path []any, part Part) *yamlv3.Node {
	node := root
	for n, step := range path {
		if name, ok := step.(string); ok && part == Key && n == len(path)-1 {
			if key, _ := Pair(node, name); key != nil {
				return key
			}
		}
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return node
}

// block returns the text of a block scalar, and where in the file it is: the line
// before its first one, and how far it is indented. Other scalars have no lines of
// their own in the file.
func (d *Document) block(node *yamlv3.Node) (string, Position) {
	if node.Style&yamlv3.LiteralStyle == 0 {
		return "", Position{}
	}
	lines := strings.Split(string(d.Text), "\n")
	for n := node.Line; n < len(lines); n++ {
		line := strings.TrimRight(lines[n], " \r")
		if line == "" {
			continue
		}
		own := strings.Split(node.Value, "\n")
		at := n - node.Line
		if at >= len(own) {
			break
		}
		return node.Value, Position{Line: node.Line, Column: indentOf(line) - indentOf(own[at])}
	}
	return "", Position{}
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// section is one document of a template, with its actions blotted out.
type section struct {
	// line is how many lines are before it.
	line int
	// root is nil where it is no YAML without what the actions give.
	root *yamlv3.Node
}

// action is what a template says between << and >>.
var action = regexp.MustCompile(`(?s)<<.*?>>`)

// sectionOf returns the document of a template that an object was made of: that of its
// kind whose name may become its name.
func sectionOf(text string, object *unstructured.Unstructured) section {
	var best section
	most := -1
	for _, one := range sections(text) {
		if likeness := one.likeness(object); likeness > most {
			best, most = one, likeness
		}
	}
	return best
}

func sections(text string) []section {
	lines := strings.Split(blot(text), "\n")
	var out []section
	start := 0
	for n := 0; n <= len(lines); n++ {
		if n < len(lines) && (!strings.HasPrefix(lines[n], "---") || strings.Trim(lines[n], "- ") != "") {
			continue
		}
		one := section{line: start}
		var document yamlv3.Node
		if yamlv3.Unmarshal([]byte(strings.Join(lines[start:n], "\n")), &document) == nil && len(document.Content) > 0 && document.Content[0].Kind == yamlv3.MappingNode {
			one.root = document.Content[0]
			out = append(out, one)
		}
		start = n + 1
	}
	return out
}

// blot puts letters in the place of actions, so that what is around them stays where
// it is. A line that is nothing but actions is empty: what they give is a part of
// their own.
func blot(text string) string {
	out := action.ReplaceAllStringFunc(text, func(found string) string {
		return strings.Map(func(r rune) rune {
			if r == '\n' {
				return r
			}
			return blotted
		}, found)
	})
	lines := strings.Split(out, "\n")
	for n := range lines {
		if strings.ContainsRune(lines[n], blotted) && strings.Trim(lines[n], string(blotted)+" \t") == "" {
			lines[n] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// blotted is a letter that nobody writes.
const blotted = 'ˣ'

// likeness says how sure it is that a section made an object, -1 when it did not.
func (s section) likeness(object *unstructured.Unstructured) int {
	_, kind := Pair(s.root, "kind")
	if kind == nil || !mayBe(kind, object.GetKind()) {
		return -1
	}
	_, metadata := Pair(s.root, "metadata")
	_, name := Pair(metadata, "name")
	switch {
	case name == nil:
		return 0
	case !mayBe(name, object.GetName()):
		return 0
	default:
		return 1 + len(strings.ReplaceAll(name.Value, string(blotted), ""))
	}
}

// mayBe reports whether a text with actions in it may become another.
func mayBe(node *yamlv3.Node, text string) bool {
	var pattern strings.Builder
	gap := false
	for _, r := range node.Value {
		if r == blotted {
			if !gap {
				pattern.WriteString(".*")
			}
			gap = true
			continue
		}
		gap = false
		pattern.WriteString(regexp.QuoteMeta(string(r)))
	}
	found, err := regexp.MatchString("^(?s:"+pattern.String()+")$", text)
	return err == nil && found
}
