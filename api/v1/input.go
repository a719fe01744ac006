package v1

import (
	"bytes"
	"encoding/json"
)

// Text returns a value that is a text; "" for any other.
func (in ResourceSetInput) Text(key string) string {
	var text string
	if raw := in[key]; raw != nil {
		_ = json.Unmarshal(raw.Raw, &text) // what is no text leaves it empty
	}
	return text
}

// ID returns the id. One that was written as a number counts as well: "" is that of an
// input without any.
func (in ResourceSetInput) ID() string {
	var number json.Number
	if raw := in["id"]; raw != nil && json.Unmarshal(raw.Raw, &number) == nil && number != "" {
		return number.String()
	}
	return in.Text("id")
}

// Equal reports whether both have the same values, byte for byte.
func (in ResourceSetInput) Equal(other ResourceSetInput) bool {
	if len(in) != len(other) {
		return false
	}
	for key, one := range in {
		another, there := other[key]
		if !there || (one == nil) != (another == nil) || (one != nil && !bytes.Equal(one.Raw, another.Raw)) {
			return false
		}
	}
	return true
}
