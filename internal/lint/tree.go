package lint

import (
	"maps"
	"slices"
)

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// leaf is a value that is no list or map, and where it is.
type leaf struct {
	path  []any
	value any
}

// leaves lists the values of a tree.
func leaves(value any, path ...any) []leaf {
	var out []leaf
	switch value := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(value) {
			out = append(out, leaves(value[key], extend(path, key)...)...)
		}
	case []any:
		for i, item := range value {
			out = append(out, leaves(item, extend(path, i)...)...)
		}
	default:
		out = append(out, leaf{path, value})
	}
	return out
}

func extend(path []any, step any) []any {
	return append(append(make([]any, 0, len(path)+1), path...), step)
}

// at returns the value at a path, nil when there is none.
func at(tree any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, _ := tree.(map[string]any)
			tree = fields[step]
		case int:
			list, _ := tree.([]any)
			if step >= len(list) {
				return nil
			}
			tree = list[step]
		}
	}
	return tree
}

// textAt returns the value at a path as text, "" when it is none.
func textAt(tree any, path ...any) string {
	text, _ := at(tree, path...).(string)
	return text
}
