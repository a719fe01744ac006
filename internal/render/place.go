package render

import (
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/flux"
)

// place is where a value stands in a document.
type place struct {
	// kind of the object that it is in.
	kind string
	// path of keys, [] for the item of a list.
	path []string
	// root is the length of the path to that object: 0 unless it is in a List.
	root int
}

func (p place) key(key string) place {
	p.path = append(slices.Clip(p.path), key)
	return p
}

func (p place) item() place { return p.key("[]") }

// last returns the nth key from the end, from 1; "" when there is none.
func (p place) last(n int) string {
	if len(p.path) < n {
		return ""
	}
	return p.path[len(p.path)-n]
}

// stringFields are strings wherever they stand.
var stringFields = []string{
	"name", "namespace", "generateName", "namePrefix", "nameSuffix", "targetNamespace",
	"image", "host", "path", "serviceAccountName", "newTag", "newName", "apiVersion", "kind",
}

// stringLists are lists of strings.
var stringLists = []string{"args", "command", "hosts", "hostnames"}

// refFields are strings in the ref of a Flux source.
var refFields = []string{"branch", "tag", "commit", "semver", "digest"}

// isString reports whether nothing but a string can stand here, whoever wrote it.
func (p place) isString() bool {
	key, parent, above := p.last(1), p.last(2), p.last(3)
	switch {
	case p.isFreeForm() || key == "[]":
		return false
	case p.isStringMap():
		return true
	case key == "value":
		return above == "env"
	default:
		return (key == "name" || key == "namespace") && parent == "metadata"
	}
}

// isStringMap reports whether this is a value in a map of strings.
func (p place) isStringMap() bool {
	parent, above := p.last(2), p.last(3)
	switch parent {
	case "labels", "annotations":
		return above == "metadata" || above == "commonMetadata"
	case "matchLabels", "substitute":
		return true
	case "data", "stringData", "binaryData":
		return len(p.path) == p.root+2 && (p.kind == "ConfigMap" || p.kind == "Secret")
	default:
		return false
	}
}

// wantsString reports whether what a template puts here stays a string, also
// when it looks like something else. It errs on the side of the string: what
// its author wrote without a template is left as it is.
func (p place) wantsString() bool {
	key, parent := p.last(1), p.last(2)
	switch {
	case p.isString():
		return true
	case key == "[]":
		return !p.isFreeForm() && slices.Contains(stringLists, parent)
	case strings.HasSuffix(strings.ToLower(parent), "labels"), strings.HasSuffix(strings.ToLower(parent), "annotations"):
		return true
	case p.isFreeForm():
		return false
	case parent == "ref":
		return slices.Contains(refFields, key)
	default:
		return parent == "nodeSelector" || slices.Contains(stringFields, key)
	}
}

// isFreeForm reports whether the place is in the values of a HelmRelease, which
// have no API.
func (p place) isFreeForm() bool {
	return p.kind == flux.HelmReleaseKind && slices.Contains(p.path, "values")
}

// in returns the place of a map, which may be an object of its own kind.
func (p place) in(object *yamlv3.Node) place {
	kind, versioned := "", false
	for i := 0; i+1 < len(object.Content); i += 2 {
		switch key, value := object.Content[i], object.Content[i+1]; key.Value {
		case "kind":
			kind = value.Value
		case "apiVersion":
			versioned = true
		}
	}
	if kind != "" && versioned {
		p.kind, p.root = kind, len(p.path)
	}
	return p
}
