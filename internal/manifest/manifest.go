// Package manifest reads YAML as people write it: documents that know in which
// line each of their fields stands.
//
//	documents, err := manifest.Parse("provider.yaml", text)
//	node := documents[0].At("spec", "skip", "labels")
//	fmt.Println(documents[0].Position(node)) // provider.yaml:14:7
//
// Values are read as Kubernetes reads them; positions are those of the file.
// Lines and columns count from 1, columns in characters.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// Document is one document of a file: a mapping.
type Document struct {
	// File as it was named, and its whole text.
	File string
	Text []byte
	// Root is the mapping; its lines are those of the file.
	Root *yamlv3.Node
	// Object are its values as Kubernetes reads them.
	Object *unstructured.Unstructured

	json []byte
}

// Position is a place in a file. Line 0 is the file as a whole.
type Position struct {
	File         string
	Line, Column int
}

// String returns FILE:LINE:COLUMN.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is what is wrong in a file, and where.
type Error struct {
	Position
	Message string
	// Syntax says that the text is not YAML.
	Syntax bool
}

// Error returns FILE:LINE:COLUMN: MESSAGE.
func (e *Error) Error() string { return e.String() + ": " + e.Message }

// Parse reads the documents of a file that are mappings. Those that are empty, or
// nothing but comments, are left out. The error is a *Error.
func Parse(file string, text []byte) ([]*Document, error) {
	if err := Bound(file, text); err != nil {
		return nil, &Error{Position: Position{File: file}, Message: strings.TrimPrefix(err.Error(), file+": "), Syntax: true}
	}
	var out []*Document
	for _, part := range split(text) {
		document, err := part.parse(file)
		if err != nil {
			return nil, err
		}
		if document != nil {
			document.Text = text
			out = append(out, document)
		}
	}
	return out, nil
}

// List reads a file that is a list, as a JSON patch is: a document without an
// object. It returns nil when the file is something else.
func List(file string, text []byte) *Document {
	var root yamlv3.Node
	if Bound(file, text) != nil || yamlv3.Unmarshal(text, &root) != nil || len(root.Content) == 0 || root.Content[0].Kind != yamlv3.SequenceNode {
		return nil
	}
	return &Document{File: file, Text: text, Root: root.Content[0], Object: &unstructured.Unstructured{Object: map[string]any{}}}
}

// part is the text of a document, and how many lines of the file are before it.
type part struct {
	text   []byte
	before int
}

// split returns the documents of a text.
func split(text []byte) []part {
	var out []part
	start, n, before, offset := 0, 0, 0, 0
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("---")) && (len(bytes.TrimSpace(line)) == 3 || line[3] == ' ') {
			out = append(out, part{text[start:offset], before})
			// What may follow the dashes is a comment.
			start, before = offset+len(bytes.TrimRight(line, "\r\n")), n
		}
		offset, n = offset+len(line), n+1
	}
	return append(out, part{text[start:], before})
}

// shift makes the lines of a tree those of the file.
func shift(node *yamlv3.Node, lines int) {
	node.Line += lines
	for _, child := range node.Content {
		shift(child, lines)
	}
}

// parse reads a document, nil when it is empty.
func (p part) parse(file string) (*Document, error) {
	if len(bytes.TrimSpace(p.text)) == 0 {
		return nil, nil
	}
	document, err := parse(file, p.text)
	if failure := (*Error)(nil); errors.As(err, &failure) && failure.Line > 0 {
		failure.Line += p.before
	}
	if document != nil && p.before > 0 {
		shift(document.Root, p.before)
	}
	return document, err
}

func parse(file string, part []byte) (*Document, error) {
	var root yamlv3.Node
	if err := yamlv3.Unmarshal(part, &root); err != nil {
		return nil, explain(file, part, err)
	}
	if len(root.Content) == 0 || root.Content[0].Kind == yamlv3.ScalarNode && root.Content[0].Tag == "!!null" {
		return nil, nil
	}
	node := root.Content[0]
	if node.Kind != yamlv3.MappingNode {
		return nil, &Error{Position: Position{file, node.Line, node.Column}, Message: "expected an object, with keys such as apiVersion and kind"}
	}
	raw, err := toJSON(part, &root)
	if err != nil {
		return nil, explain(file, part, err)
	}
	object := map[string]any{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &object); err != nil {
		return nil, &Error{Position: Position{file, node.Line, node.Column}, Message: err.Error()}
	}
	return &Document{File: file, Root: node, Object: &unstructured.Unstructured{Object: object}, json: raw}, nil
}

// unknownField is what the strict decoder says of a misspelt field.
var unknownField = regexp.MustCompile(`^unknown field "(.+)"$`)

// Decode reads the document into a type. A field that does not exist is an
// error, as it is a typing error more often than not. The error is a *Error.
func (d *Document) Decode(into any) error {
	unknown, err := kjson.UnmarshalStrict(d.json, into)
	if err != nil {
		return &Error{Position: d.Position(d.Root), Message: err.Error()}
	}
	var out []error
	for _, cause := range unknown {
		failure := &Error{Position: d.Position(d.Root), Message: cause.Error()}
		if found := unknownField.FindStringSubmatch(cause.Error()); found != nil {
			failure.Position = d.Position(d.key(found[1]))
		}
		out = append(out, failure)
	}
	return errors.Join(out...)
}

// At returns the node at a path of keys (string) and positions (int), nil when
// there is none. An alias is followed.
func (d *Document) At(path ...any) *yamlv3.Node {
	node := d.Root
	for _, step := range path {
		if node = child(node, step); node == nil {
			return nil
		}
	}
	return node
}

// Nearest returns the node at a path, or at as much of it as there is.
func (d *Document) Nearest(path ...any) *yamlv3.Node {
	for n := len(path); n > 0; n-- {
		if node := d.At(path[:n]...); node != nil {
			return node
		}
	}
	return d.Root
}

func child(node *yamlv3.Node, step any) *yamlv3.Node {
	if node.Kind == yamlv3.AliasNode {
		node = node.Alias
	}
	switch step := step.(type) {
	case string:
		if _, value := Pair(node, step); value != nil {
			return value
		}
		for _, from := range merged(node) {
			if value := child(from, step); value != nil {
				return value
			}
		}
	case int:
		if node.Kind == yamlv3.SequenceNode && step >= 0 && step < len(node.Content) {
			return node.Content[step]
		}
	}
	return nil
}

// Pair returns the key and the value of an entry of a mapping, nil when there
// is none.
func Pair(node *yamlv3.Node, key string) (name, value *yamlv3.Node) {
	if node == nil || node.Kind != yamlv3.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i], node.Content[i+1]
		}
	}
	return nil, nil
}

// Field returns the node at a dotted path as errors have it, such as
// spec.resources[0].kind, or at as much of it as there is.
func (d *Document) Field(dotted string) *yamlv3.Node {
	return d.Nearest(Path(dotted)...)
}

// key returns the key of a field, or the field where it has none.
func (d *Document) key(dotted string) *yamlv3.Node {
	path := Path(dotted)
	if name, ok := path[len(path)-1].(string); ok {
		if key, _ := Pair(d.Nearest(path[:len(path)-1]...), name); key != nil {
			return key
		}
	}
	return d.Field(dotted)
}

var step = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// Path takes a dotted path apart, such as spec.resources[0].kind.
func Path(dotted string) []any {
	var path []any
	for _, part := range step.FindAllString(dotted, -1) {
		if index := strings.Trim(part, "[]"); index != part {
			n := 0
			_, _ = fmt.Sscanf(index, "%d", &n) // the pattern lets nothing but digits through
			path = append(path, n)
			continue
		}
		path = append(path, part)
	}
	return path
}

// Dotted writes a path as errors have it, spec.resources[0].kind, for Path to take apart.
func Dotted(path []any) string {
	out := ""
	for _, step := range path {
		switch step := step.(type) {
		case int:
			out += fmt.Sprintf("[%d]", step)
		default:
			if out != "" {
				out += "."
			}
			out += fmt.Sprint(step)
		}
	}
	return out
}

// Position returns where a node of the document stands.
func (d *Document) Position(node *yamlv3.Node) Position {
	if node == nil {
		return Position{File: d.File}
	}
	return Position{d.File, node.Line, node.Column}
}

// Is reports whether the document is an object of a kind.
func (d *Document) Is(group, kind string) bool {
	gvk := d.Object.GroupVersionKind()
	return gvk.Group == group && gvk.Kind == kind
}

// Expect returns an error that names what was found in the place of a kind.
func (d *Document) Expect(kinds ...string) error {
	kind := d.Object.GetKind()
	for _, want := range kinds {
		if kind == want {
			return nil
		}
	}
	found := "an object without a kind"
	if kind != "" {
		found = "a " + kind
	}
	return &Error{Position: d.Position(d.Nearest("kind")),
		Message: fmt.Sprintf("found %s; expected %s%s", found, strings.Join(kinds, " or "), suggest.Hint(kind, kinds))}
}
