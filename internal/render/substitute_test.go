package render

import (
	"strings"
	"testing"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
)

func TestWhatYAMLReadsAsOneScalarIsPassedOnAsItIs(t *testing.T) {
	for _, text := range []string{"", "7", "c0ffee", "feature/cart", "Add a cart", "it's", `say "hi"`, `"quoted"`, "'quoted'", "a:b", "a#b", "1e10", "true"} {
		if got := substitutable(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// FuzzSubstitutable holds that Flux, which takes line breaks out and parses,
// reads one scalar in the place of any text; and where it was quoted, the text.
func FuzzSubstitutable(f *testing.F) {
	for _, text := range []string{"fix: x", "a # b", "two\nlines", "- x", "{a: b}", "[a]", "*a", "&a b", "!!int 3", "|", "> x", `"`, "'", "${X}", "\u2028", "%", "@", "`", "? k", "---", "\ufeff", `"a" # b`, "a: b\n c: d", strings.Repeat("x", 10_000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, isUnwritable) {
			return // no object holds it
		}
		passed := substitutable(text)
		var read struct{ Before, K, After yamlv3.Node }
		document := "before: 1\nk: " + strings.ReplaceAll(passed, "\n", "") + "\nafter: 2\n"
		if err := yamlv3.Unmarshal([]byte(document), &read); err != nil {
			t.Fatalf("%q became %q: %v", text, passed, err)
		}
		if read.K.Kind != yamlv3.ScalarNode && text != "" || read.Before.Value != "1" || read.After.Value != "2" {
			t.Fatalf("%q became %q, read as %+v", text, passed, read)
		}
		if passed != text && read.K.Value != text {
			t.Fatalf("%q became %q, read as %q", text, passed, read.K.Value)
		}
	})
}
