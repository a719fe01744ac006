package render

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// node is a part of a document, whose strings may have marks in them.
type node interface {
	// fill returns the value with outputs in the place of their marks. It
	// shares nothing with other values.
	fill(from filler) (any, error)
}

// constant is a scalar without marks.
type constant struct{ value any }

// object is a map.
type object struct{ members []member }

type member struct {
	key   *scalar
	value node
}

// list is a list.
type list struct{ items []node }

// scalar is a string with marks in it. A constant key is one without.
type scalar struct {
	parts []part
	// plain: it is written without quotes, so that it may be a number.
	plain bool
	// isText: it is a block of text, or in single quotes.
	isText bool
	// string: the API wants a string.
	string bool
	// substitute: Flux puts it into YAML.
	substitute bool
}

// part is a literal, or the mark of an output.
type part struct {
	literal string
	output  int
	isMark  bool
}

// parseShape reads the documents of a text, and says how many nodes they have;
// those with nothing in them are left out.
func parseShape(rendered, seal string) ([]node, int, error) {
	if err := checkSigns(rendered); err != nil {
		return nil, 0, err
	}
	documents, size, err := parseDocuments(rendered, seal)
	if err != nil {
		if apart, several := objectsApart(rendered); several {
			return parseDocuments(apart, seal)
		}
	}
	return documents, size, err
}

func parseDocuments(rendered, seal string) ([]node, int, error) {
	var documents []node
	s := shaper{mark: opening + seal, open: map[*yamlv3.Node]bool{}}
	decoder := yamlv3.NewDecoder(strings.NewReader(rendered))
	for {
		var document yamlv3.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, s.size, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		if len(document.Content) == 0 {
			continue
		}
		root, err := s.node(document.Content[0], place{})
		if err != nil {
			return nil, 0, err
		}
		if nothing, ok := root.(constant); !ok || nothing.value != nil {
			documents = append(documents, root)
		}
	}
}

// checkSigns refuses a text with more nodes than a parser should be given: each
// takes a sign that means something to YAML, where it is no text.
func checkSigns(rendered string) error {
	signs := 0
	for _, sign := range []string{":", "-", ",", "[", "{", "?"} {
		signs += strings.Count(rendered, sign)
	}
	if bound := 2 * boundOf(nodes).one; signs > bound {
		return exceeded(bound, "signs of YAML (: - , [ { ?)", "what one template renders to")
	}
	return nil
}

// shaper turns parsed YAML into nodes.
type shaper struct {
	// mark is how each of them begins.
	mark string
	// open are the aliased nodes that are being read.
	open map[*yamlv3.Node]bool
	// size of all documents, in nodes: aliases of aliases can make them grow
	// without end.
	size int
}

func (s *shaper) node(n *yamlv3.Node, at place) (node, error) {
	if s.size++; s.size > boundOf(nodes).one {
		return nil, exceeded(boundOf(nodes).one, boundOf(nodes).is, "one input")
	}
	if len(at.path) > maxDepth {
		return nil, tooDeep()
	}
	switch n.Kind {
	case yamlv3.MappingNode:
		return s.object(n, at)
	case yamlv3.SequenceNode:
		return s.list(n, at)
	case yamlv3.AliasNode:
		if s.open[n.Alias] {
			return nil, fmt.Errorf("line %d: *%s stands inside of what it refers to", n.Line, n.Value)
		}
		s.open[n.Alias] = true
		defer delete(s.open, n.Alias)
		return s.node(n.Alias, at)
	default:
		return s.scalar(n, at), nil
	}
}

func (s *shaper) list(n *yamlv3.Node, at place) (node, error) {
	out := &list{items: make([]node, len(n.Content))}
	for i, item := range n.Content {
		var err error
		if out.items[i], err = s.node(item, at.item()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// object reads a map. Of two equal keys that are written down the last counts,
// as in Kubernetes.
func (s *shaper) object(n *yamlv3.Node, at place) (node, error) {
	out := &object{}
	position := map[string]int{}
	at = at.in(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yamlv3.ScalarNode {
			return nil, fmt.Errorf("line %d: a key must be a text", key.Line)
		}
		value, err := s.node(n.Content[i+1], at.key(key.Value))
		if err != nil {
			return nil, err
		}
		named := &scalar{parts: split(key.Value, s.mark), plain: isPlain(key), string: true}
		if before, twice := position[key.Value]; twice && named.isConstant() {
			out.members[before].value = value
			continue
		}
		position[key.Value] = len(out.members)
		out.members = append(out.members, member{key: named, value: value})
	}
	return out, nil
}

// otherTags say that a scalar is something else than a string.
var otherTags = []string{"!!int", "!!float", "!!bool", "!!null"}

// scalar reads a scalar.
func (s *shaper) scalar(n *yamlv3.Node, at place) node {
	text := &scalar{
		parts: split(n.Value, s.mark), plain: isPlain(n), isText: isText(n), string: at.wantsString(), substitute: at.isSubstitute(),
	}
	switch {
	case !text.isConstant():
		return text
	case n.Style&yamlv3.TaggedStyle != 0 && slices.Contains(otherTags, n.Tag):
		return constant{resolve(n.Value)}
	case !text.plain:
		return constant{n.Value}
	case at.isString() && resolve(n.Value) != nil:
		return constant{n.Value}
	case at.isString() && at.isStringMap(): // it has no null
		return constant{""}
	default:
		return constant{resolve(n.Value)}
	}
}

// isPlain reports whether a scalar is written without quotes and tags.
func isPlain(n *yamlv3.Node) bool { return n.Style == 0 }

func isText(n *yamlv3.Node) bool {
	return n.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle|yamlv3.SingleQuotedStyle) != 0
}

// split finds the marks in a text.
func split(text, mark string) []part {
	var parts []part
	for {
		before, rest, found := strings.Cut(text, mark)
		number, after, closed := strings.Cut(rest, closing)
		output, err := strconv.Atoi(number)
		if !found || !closed || err != nil {
			break
		}
		if before != "" {
			parts = append(parts, part{literal: before})
		}
		parts = append(parts, part{output: output, isMark: true})
		text = after
	}
	if text != "" || len(parts) == 0 {
		parts = append(parts, part{literal: text})
	}
	return parts
}

func (s *scalar) isConstant() bool { return len(s.parts) == 1 && !s.parts[0].isMark }
