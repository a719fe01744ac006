package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	openapi "k8s.io/kube-openapi/pkg/validation/errors"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"

	"github.com/eddy-previews/eddy/internal/schedule"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// validate holds an object against the OpenAPI schema.
func (v *version) validate(content map[string]any) []Fault {
	result := validate.NewSchemaValidator(v.schema, nil, "", strfmt.Default).Validate(content)
	var out []Fault
	for _, err := range result.Errors {
		var found *openapi.Validation
		if !errors.As(err, &found) {
			out = append(out, Fault{nil, err.Error()})
			continue
		}
		if fault, ok := faultOf(found); ok {
			out = append(out, fault)
		}
	}
	return out
}

// faultOf says a fault as the API server does. That a value is none of several
// schemas is left out, as what is wrong with it is told beside it.
func faultOf(err *openapi.Validation) (Fault, bool) {
	path := steps(strings.TrimPrefix(err.Name, "."))
	at := field.NewPath("x")
	value := err.Value
	if value == nil {
		value = ""
	}
	var said *field.Error
	switch err.Code() {
	case openapi.RequiredFailCode:
		said = field.Required(at, "")
	case openapi.EnumFailCode:
		return Fault{path, unsupported(value, err.Values)}, true
	case openapi.CompositeErrorCode:
		return Fault{}, false
	case openapi.PatternFailCode:
		if meant := schedule.Meant(fmt.Sprint(value)); meant != "" {
			return Fault{path, fmt.Sprintf("Invalid value: %q: did you mean %q? %s", value, meant, err.Error())}, true
		}
		said = field.Invalid(at, value, err.Error())
	default:
		said = field.Invalid(at, value, err.Error())
	}
	return Fault{path, strings.TrimPrefix(said.ErrorBody(), ": ")}, true
}

func unsupported(value any, allowed []any) string {
	var values []string
	for _, one := range allowed {
		if text, ok := one.(string); ok {
			values = append(values, text)
			continue
		}
		raw, err := json.Marshal(one)
		if err == nil { // it was JSON
			values = append(values, string(raw))
		}
	}
	said := field.NotSupported(field.NewPath("x"), value, values).ErrorBody()
	text := fmt.Sprint(value)
	near := suggest.Hint(text, values)
	for _, one := range values {
		if strings.EqualFold(one, text) {
			near = fmt.Sprintf("; did you mean %q?", one)
		}
	}
	return said + near
}

var step = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// steps takes a dotted path apart, such as spec.resources[0].kind.
func steps(dotted string) []any {
	var path []any
	for _, part := range step.FindAllString(dotted, -1) {
		name := strings.Trim(part, "[]")
		if n, err := strconv.Atoi(name); err == nil && len(path) > 0 {
			path = append(path, n)
			continue
		}
		path = append(path, name)
	}
	return path
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
