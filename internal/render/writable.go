package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkWritable refuses an object with a character that YAML does not allow in
// a text, not even escaped the way in which JSON is turned into YAML: kubectl
// could not print the object, and Flux could not build it.
func checkWritable(object any, values map[string]any) error {
	bad, found := unwritable(object)
	if !found {
		return nil
	}
	var fields []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, holds := unwritable(values[key]); holds {
			fields = append(fields, "inputs."+key)
		}
	}
	return fmt.Errorf("%s holds the character %U, which YAML does not allow: pass it through slugify in the template",
		strings.Join(fields, ", "), bad)
}

// unwritable returns the first such character in a value.
func unwritable(value any) (rune, bool) {
	switch value := value.(type) {
	case string:
		for _, r := range value {
			if isUnwritable(r) {
				return r, true
			}
		}
	case []any:
		for _, item := range value {
			if r, found := unwritable(item); found {
				return r, true
			}
		}
	case map[string]any:
		for key, item := range value {
			if r, found := unwritable(key); found {
				return r, true
			}
			if r, found := unwritable(item); found {
				return r, true
			}
		}
	}
	return 0, false
}

// isUnwritable: the control characters that JSON need not escape, and what is
// no character at all.
func isUnwritable(r rune) bool {
	return r >= 0x7f && r <= 0x9f && r != 0x85 || r == 0xfffe || r == 0xffff
}
