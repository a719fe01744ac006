// Command trim cuts a vendor's description of its API down to the operations
// that Eddy calls, without prose:
//
//	go run ./test/forge/trim KEPT.json < WHOLE.json > NEW.json
//
// What is kept are the operations and the servers of KEPT.json, with all that
// they refer to. To keep one more, write it there first: "/path": {"get": {}}.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "trim:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("name the description that has the operations to keep")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var kept, whole map[string]any
	if err := json.Unmarshal(text, &kept); err != nil {
		return fmt.Errorf("reading %s: %w", args[0], err)
	}
	if err := json.NewDecoder(in).Decode(&whole); err != nil {
		return fmt.Errorf("reading the whole description: %w", err)
	}
	trimmed, err := trim(kept, whole)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(trimmed)
}

// trimmer copies what is kept from one description to another.
type trimmer struct{ whole, out map[string]any }

func trim(kept, whole map[string]any) (map[string]any, error) {
	t := trimmer{whole: whole, out: map[string]any{}}
	for _, name := range []string{"openapi", "swagger", "info", "consumes", "produces"} {
		if whole[name] != nil {
			t.out[name] = whole[name]
		}
	}
	paths := map[string]any{}
	for path, methods := range object(kept["paths"]) {
		there := object(object(whole["paths"])[path])
		item := map[string]any{}
		if shared := there["parameters"]; shared != nil {
			item["parameters"] = t.bare(shared)
		}
		for method := range object(methods) {
			if there[method] == nil {
				return nil, fmt.Errorf("%s %s is not described any more", strings.ToUpper(method), path)
			}
			item[method] = t.bare(there[method])
		}
		paths[path] = item
	}
	t.out["paths"] = paths
	return t.out, nil
}

func object(value any) map[string]any {
	found, _ := value.(map[string]any)
	return found
}

// prose is what says nothing to a program.
var prose = []string{
	"description", "summary", "tags", "externalDocs", "example", "examples", "operationId", "title", "security", "deprecated",
}

// bare copies a part of a description without prose, and what it refers to.
func (t trimmer) bare(value any) any {
	switch value := value.(type) {
	case []any:
		out := make([]any, len(value))
		for i, one := range value {
			out[i] = t.bare(one)
		}
		return out
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok {
			t.add(strings.Split(strings.TrimPrefix(ref, "#/"), "/"))
		}
		out := map[string]any{}
		for key, one := range value {
			switch {
			case key == "properties", key == "responses": // names, whatever they are
				out[key] = t.named(key, object(one))
			case key == "enum", key == "default", key == "required":
				out[key] = one
			case slices.Contains(prose, key), strings.HasPrefix(key, "x-") && key != "x-multi-segment":
			default:
				out[key] = t.bare(one)
			}
		}
		return out
	default:
		return value
	}
}

// named copies the parts that have names. That of an answer is described, if
// only by an empty text: it is obligatory.
func (t trimmer) named(kind string, parts map[string]any) map[string]any {
	out := map[string]any{}
	for name, part := range parts {
		copied := t.bare(part)
		if answer := object(copied); kind == "responses" && answer["$ref"] == nil {
			answer["description"] = ""
		}
		out[name] = copied
	}
	return out
}

// add copies what stands at a path, once: components/KIND/NAME, KIND/NAME in
// the older format.
func (t trimmer) add(path []string) {
	from, to := t.whole, t.out
	for _, name := range path[:len(path)-1] {
		if to[name] == nil {
			to[name] = map[string]any{}
		}
		from, to = object(from[name]), object(to[name])
	}
	kind, name := path[len(path)-2], path[len(path)-1]
	if to[name] != nil {
		return
	}
	to[name] = map[string]any{} // it may refer to itself
	to[name] = t.named(kind, map[string]any{name: from[name]})[name]
}
