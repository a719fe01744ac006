package overlay

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// unknownField is what kustomize says of a field that its file does not have.
var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)

// explainField says where in a kustomization.yaml a field stands that kustomize does not
// know, and which was meant.
func explainField(name string, text []byte, err error) error {
	found := unknownField.FindStringSubmatch(err.Error())
	if found == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	at := manifest.Position{File: name}
	if documents, wrong := manifest.Parse(name, text); wrong == nil && len(documents) > 0 {
		if node := keyOf(documents[0].Root, found[1]); node != nil {
			at = documents[0].Position(node)
		}
	}
	return &manifest.Error{Position: at, Message: fmt.Sprintf("unknown field %q%s", found[1], suggest.Hint(found[1], fieldNames(reflect.TypeFor[types.Kustomization]())))}
}

// keyOf finds a key of a name, wherever it is.
func keyOf(node *yamlv3.Node, name string) *yamlv3.Node {
	for i, child := range node.Content {
		if node.Kind == yamlv3.MappingNode && i%2 == 0 {
			if child.Value == name {
				return child
			}
			continue
		}
		if found := keyOf(child, name); found != nil {
			return found
		}
	}
	return nil
}

// fieldNames are those of a type and of what is in it.
func fieldNames(of reflect.Type) []string {
	var out []string
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		for field := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(field).Tag.Get("json"), ",")
			if name != "" && name != "-" {
				out = append(out, name)
			}
			visit(of.Field(field).Type)
		}
	}
	visit(of)
	return out
}
