package render

import (
	"encoding"
	"encoding/json"
	"reflect"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// plainValue returns a value of any type as the JSON value that it is: nil, a
// bool, an int64, a float64, a string, []any or map[string]any, whose items may
// yet be of any type. What templates make is of many types ([]string of splitList,
// map[string]string of split, [][]any of chunk, a time and all that its methods
// return), and each may hold text of an input. It is an error where JSON has no
// such value.
func plainValue(value any) (any, error) {
	switch value.(type) {
	case json.Marshaler, encoding.TextMarshaler, []byte:
		return throughJSON(value)
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Slice, reflect.Array:
		return plainList(v), nil
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			return plainMap(v), nil
		}
	default:
	}
	return throughJSON(value)
}

func plainList(v reflect.Value) any {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return nil // as JSON writes it
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Index(i).Interface()
	}
	return out
}

func plainMap(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	out := make(map[string]any, v.Len())
	for of := v.MapRange(); of.Next(); {
		out[of.Key().String()] = of.Value().Interface()
	}
	return out
}

// notJSONError says that JSON has no value such as one of a template.
type notJSONError struct{ error }

// throughJSON is the way of the types that say themselves how they are written,
// and of all that nobody thought of.
func throughJSON(value any) (any, error) {
	written, err := json.Marshal(value)
	if err != nil {
		return nil, &notJSONError{err}
	}
	var out any
	err = utiljson.Unmarshal(written, &out)
	return out, err
}
