package input

import (
	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Memory remembers what the inputs of sources were decoded to, so that those which are
// as they were are compared and no more: they have the very values that they had. It is
// a cache, for one set. The nil Memory remembers nothing.
type Memory struct {
	known map[Provider]map[string]decoded
	// next is what the inputs are decoded to that are read now.
	next map[Provider]map[string]decoded
}

// decoded is an input as it is exported, and its values.
type decoded struct {
	raw    v1.ResourceSetInput
	values map[string]any
}

// begin begins to read the inputs of all sources.
func (m *Memory) begin() {
	if m != nil {
		m.next = map[Provider]map[string]decoded{}
	}
}

// end forgets what was not read since begin.
func (m *Memory) end() {
	if m != nil {
		m.known, m.next = m.next, nil
	}
}

// expect makes room for a number of inputs of a source.
func (m *Memory) expect(from Provider, inputs int) {
	if m != nil && m.next != nil && m.next[from] == nil {
		m.next[from] = make(map[string]decoded, inputs)
	}
}

// decode is Decode for an input of a source, with where it is from.
func (m *Memory) decode(from Provider, in v1.ResourceSetInput) (map[string]any, error) {
	id := ""
	if raw := in[idKey]; raw != nil {
		id = string(raw.Raw)
	}
	if m != nil {
		if last, ok := m.known[from][id]; ok && last.raw.Equal(in) {
			m.remember(from, id, decoded{raw: in, values: last.values})
			return last.values, nil
		}
	}
	values, err := Decode(in)
	if err != nil {
		return nil, err
	}
	values[ProviderKey] = from.values()
	m.remember(from, id, decoded{raw: in, values: values})
	return values, nil
}

// remember keeps what an input is decoded to; of several without an id the last one.
func (m *Memory) remember(from Provider, id string, now decoded) {
	if m != nil && m.next != nil {
		m.next[from][id] = now
	}
}
