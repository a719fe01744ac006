package render

import (
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// resolve returns what YAML reads in a scalar without quotes: null, a boolean,
// a number, and otherwise the text as it is.
func resolve(text string) any {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil
	}
	if !mayBeOtherThanString(text) {
		return text
	}
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return text
	}
	var value any
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return text
	}
	switch value.(type) {
	case bool, int64, float64:
		return value
	default:
		return text
	}
}

// mayBeOtherThanString rules out most texts without a parser, among them all
// that would be more to it than one scalar.
func mayBeOtherThanString(text string) bool {
	if len(text) > 400 || !strings.ContainsRune("0123456789+-.ntfyoNTFYO", rune(text[0])) {
		return false
	}
	for _, r := range text {
		word := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !word && !strings.ContainsRune("+-._", r) {
			return false
		}
	}
	return true
}
