package apply_test

import (
	"fmt"
	"testing"
)

// What a line break is, YAML and JSON do not agree upon.
func TestATextIsStoredWithEveryCharacterThatItHas(t *testing.T) {
	b := newBench(t)
	for n, text := range []string{
		"a\u0085b", "a\u0085---\u0085b", "a\u0085 \u0085b", "\u0085", "a\u2028b\u2029c", "\ufeffa", "a\ufeffb", "a\tb\r\nc\rd", "a\\u0085b", "\u202ea", "🎉",
	} {
		name := fmt.Sprintf("text-%d", n)
		object := b.configMap("1", name, "x")
		object.Object["data"] = map[string]any{"key": text}
		b.want("ConfigMap/"+name+" created", object)
		if got := b.get(name).Data["key"]; got != text {
			t.Errorf("%q is stored as %q", text, got)
		}
	}
}
