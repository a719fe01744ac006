package apply

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// hidden stands in an error for a value of a Secret.
const hidden = "(hidden)"

// discreet is an error whose words are safe to repeat.
type discreet struct {
	words string
	cause error
}

func (d discreet) Error() string { return d.words }

// Unwrap returns the cause, so that what kind of error it is stays known.
func (d discreet) Unwrap() error { return d.cause }

// hideSecrets takes the values of a Secret out of what is said about it: the API
// server and webhooks repeat what they do not like, and who reads a status need
// not be who may read the Secret.
func hideSecrets(o *unstructured.Unstructured, err error) error {
	if err == nil || o.GetKind() != "Secret" || o.GroupVersionKind().Group != "" {
		return err
	}
	words := err.Error()
	for _, value := range secretValues(o) {
		words = strings.ReplaceAll(words, value, hidden)
	}
	return discreet{words: words, cause: err}
}

// shortValue is a length below which a value may well be a part of another word:
// only where it is quoted, or named as a value, is it taken out.
const shortValue = 4

// secretValues lists how the values of a Secret may be written, the longest first.
func secretValues(o *unstructured.Unstructured) []string {
	var out []string
	for _, field := range []string{"data", "stringData"} {
		eachScalar(o.Object[field], func(text string) {
			forms := []string{text, base64.StdEncoding.EncodeToString([]byte(text))}
			if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
				forms = append(forms, string(decoded))
			}
			for _, form := range withLines(forms) {
				out = append(out, fmt.Sprintf("%q", form), "Value:"+form)
				if len(form) >= shortValue {
					out = append(out, form)
				}
			}
		})
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return slices.DeleteFunc(slices.Compact(out), func(form string) bool { return form == `""` || form == "Value:" })
}

// longLine is from when on a line of a value is taken out by itself, as of a key
// of which an error repeats a part.
const longLine = 8

func withLines(forms []string) []string {
	out := slices.Clone(forms)
	for _, form := range forms {
		for line := range strings.Lines(form) {
			if line = strings.TrimSpace(line); len(line) >= longLine {
				out = append(out, line)
			}
		}
	}
	return out
}

// eachScalar visits what a value has in it, and the value itself, as text.
func eachScalar(value any, visit func(string)) {
	switch value := value.(type) {
	case nil:
	case map[string]any:
		for _, below := range value {
			eachScalar(below, visit)
		}
	case []any:
		for _, below := range value {
			eachScalar(below, visit)
		}
	default:
		visit(fmt.Sprint(value))
	}
}
