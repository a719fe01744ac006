package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// chain is a text whose last alias is as deep as there are lines.
func chain(n int) string {
	out := "a0: &a0 [x]\n"
	for i := 1; i < n; i++ {
		out += fmt.Sprintf("a%d: &a%[1]d [*a%d]\n", i, i-1)
	}
	return out
}

// Each is a text that some reader of YAML would follow until its stack is full.
func TestATextThatIsTooDeepIsAnError(t *testing.T) {
	const n, many = 10_000, 3_000_000
	for claim, text := range map[string]string{
		"lists that are never closed":        "a: " + strings.Repeat("[", n),
		"lists that are closed":              "a: " + strings.Repeat("[", n/2) + strings.Repeat("]", n/2),
		"objects that are never closed":      strings.Repeat("{a: ", n),
		"millions of lists":                  "a: " + strings.Repeat("[", many),
		"millions of objects":                strings.Repeat("{a: ", many),
		"JSON":                               strings.Repeat(`{"a":`, n/2) + "1" + strings.Repeat("}", n/2),
		"JSON that breaks off":               strings.Repeat(`{"a":[`, many),
		"lists of lists in one line":         strings.Repeat("- ", n) + "x",
		"keys that are keys":                 strings.Repeat("? ", n) + "x",
		"a key in a line, and in it another": indented(n / 10),
		"aliases of aliases":                 chain(n),
		"millions of tags":                   "a: " + strings.Repeat("!x ", many) + "[",
		"millions of anchors":                "a: " + strings.Repeat("&x ", many) + "[",
		"millions of keys in a line":         strings.Repeat("a: ", many),
		"millions of closings":               "a: " + strings.Repeat("]", many),
		"millions of quotes":                 "a: " + strings.Repeat(`"`, many+1),
	} {
		if _, err := manifest.Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%s: no error", claim)
		} else if len(err.Error()) > 1000 {
			t.Errorf("%s: the error has %d bytes", claim, len(err.Error()))
		}
	}
}

func indented(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

func TestATextIsAsDeepAsObjectsAre(t *testing.T) {
	deep := "apiVersion: v1\na: " + strings.Repeat("[", 400) + strings.Repeat("]", 400) + "\nb: '" + strings.Repeat("[", 5000) + "'\n"
	for claim, text := range map[string]string{
		"400 lists, and brackets in a text": deep,
		"200 keys":                          indented(200),
		"aliases of aliases":                chain(30),
	} {
		if _, err := manifest.Parse("x.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %.200v", claim, err)
		}
	}
}

// The lines of each document are those of the file, and yet a document does not
// cost what is before it.
func TestAFileMayHaveAMillionDocuments(t *testing.T) {
	text := strings.Repeat("---\n", 1_000_000) + "a: x\n---\n\nb:\n  c: y\n"
	documents, err := manifest.Parse("x.yaml", []byte(text))
	if err != nil || len(documents) != 2 {
		t.Fatalf("got %d documents, %v", len(documents), err)
	}
	for i, want := range []string{"x.yaml:1000001:1", "x.yaml:1000004:1"} {
		if got := documents[i].Position(documents[i].Root).String(); got != want {
			t.Errorf("document %d is at %s, not %s", i, got, want)
		}
	}
	_, err = manifest.Parse("x.yaml", []byte(text+"---\na: [\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:100000") {
		t.Errorf("got %v", err)
	}
}
