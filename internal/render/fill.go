package render

import (
	"fmt"
	"strings"
)

// filler has what is filled in, and counts it.
type filler struct {
	outputs []output
	meter   *meter
}

// spend counts a node with text.
func (f filler) spend(text int) error {
	if err := f.meter.spend(nodes, 1); err != nil {
		return err
	}
	return f.meter.spend(filled, text)
}

func (c constant) fill(from filler) (any, error) {
	text, _ := c.value.(string)
	return c.value, from.spend(len(text))
}

func (l *list) fill(from filler) (any, error) {
	if err := from.spend(0); err != nil {
		return nil, err
	}
	out := make([]any, len(l.items))
	for i, item := range l.items {
		var err error
		if out[i], err = item.fill(from); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fill refuses a rendered key that is there already: it would take a field's place.
func (o *object) fill(from filler) (any, error) {
	if err := from.spend(0); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(o.members))
	for _, m := range o.members {
		key, err := m.key.fill(from)
		if err != nil {
			return nil, err
		}
		text, _ := key.(string) // keys are compiled as strings
		if _, taken := out[text]; taken {
			return nil, fmt.Errorf("the key %q is rendered twice in one object: the inputs of an object's keys must differ", text)
		}
		if out[text], err = m.value.fill(from); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fill returns a string; or, of a scalar without quotes whose text is just a
// number, a boolean or null, that, where the API may want it.
func (s *scalar) fill(from filler) (any, error) {
	if s.isConstant() {
		return s.parts[0].literal, from.spend(len(s.parts[0].literal))
	}
	if err := s.check(from.outputs); err != nil {
		return nil, err
	}
	if err := from.spend(s.length(from.outputs)); err != nil {
		return nil, err
	}
	value := s.value(from.outputs)
	if text, ok := value.(string); ok && s.substitute {
		return substitutable(text), nil
	}
	return value, nil
}

func (s *scalar) value(outputs []output) any {
	if !s.plain {
		return join(s.parts, outputs)
	}
	if first := s.parts[0]; len(s.parts) == 1 && outputs[first.output].quoted {
		return outputs[first.output].value
	}
	text := join(trimmed(s.parts, outputs), outputs)
	if s.string {
		return text
	}
	return resolve(text)
}

// check refuses a mark that is not one, and structure that would be a text.
func (s *scalar) check(outputs []output) error {
	for _, p := range s.parts {
		switch {
		case !p.isMark:
		case p.output >= len(outputs):
			return fmt.Errorf("output %d stands for nothing", p.output)
		case s.plain && outputs[p.output].by.variable:
			return fmt.Errorf("<< %s >> puts out a variable with structure in it; write toYaml or toJson here instead", outputs[p.output].by.source)
		}
	}
	return nil
}

// length is how long the text is at most.
func (s *scalar) length(outputs []output) int {
	n := 0
	for _, p := range s.parts {
		n += len(p.literal)
		if p.isMark {
			n += len(outputs[p.output].text)
		}
	}
	return n
}

func join(parts []part, outputs []output) string {
	var text strings.Builder
	for _, p := range parts {
		if p.isMark {
			text.WriteString(outputs[p.output].text)
		} else {
			text.WriteString(p.literal)
		}
	}
	return text.String()
}

// trimmed drops outputs that are empty, and the literal space that is then at
// an end: in `api << inputs.suffix >>` YAML would not see it.
func trimmed(parts []part, outputs []output) []part {
	var out []part
	for _, p := range parts {
		if !p.isMark || outputs[p.output].text != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil
	}
	if first := &out[0]; !first.isMark {
		first.literal = strings.TrimLeft(first.literal, " ")
	}
	if last := &out[len(out)-1]; !last.isMark {
		last.literal = strings.TrimRight(last.literal, " ")
	}
	return out
}
