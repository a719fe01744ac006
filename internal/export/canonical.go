package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// maxDepth bounds how deep lists and objects may be nested in a value. What is
// nested much deeper cannot be stored.
const maxDepth = 100

// canonical returns JSON as the API server keeps it, so that what it stored and
// what a forge says can be compared, however the forge writes it: keys sorted,
// no white space, each character as itself, integers of 64 bits exact and all
// other numbers as floating point numbers. What is no text, such as one half of
// a surrogate pair, becomes U+FFFD. Keys without a value are left out, as they
// are when a status is written.
func canonical(raw []byte) ([]byte, error) {
	var value any
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		var number *json.UnmarshalTypeError
		if errors.As(err, &number) {
			return nil, fmt.Errorf("a number is larger than a floating point number of 64 bits can be")
		}
		return nil, fmt.Errorf("it is not valid JSON: %w", err)
	}
	value, err := normal(value, 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// normal leaves out what is not stored.
func normal(value any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	var err error
	switch value := value.(type) {
	case float64:
		if value == 0 {
			return 0, nil // -0 comes back as 0
		}
	case []any:
		for n := range value {
			if value[n], err = normal(value[n], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key, one := range value {
			if one == nil {
				delete(value, key)
			} else if value[key], err = normal(one, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// same reports whether two lists of inputs have the same values.
func same(a, b []v1.ResourceSetInput) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false
	}
	if bytes.Equal(x, y) {
		return true
	}
	x, errX := canonical(x)
	y, errY := canonical(y)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
