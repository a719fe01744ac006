package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// written is what a log line comes to.
func written(t *testing.T, terminal screen, line string) string {
	t.Helper()
	var out bytes.Buffer
	terminal.Writer = &out
	w := &logWriter{screen: terminal, raw: &out}
	if err := w.line(logSource{corev1.Pod{}, "api"}, line); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestATerminalObeysNothingInALogButColours(t *testing.T) {
	for line, want := range map[string]string{
		"plain\n":                              "plain\n",
		"a tab\tand no end":                    "a tab\tand no end\n",
		"of windows\r\n":                       "of windows\n",
		"\x1b[1;31mred\x1b[0m":                 "\x1b[1;31mred\x1b[0m\x1b[m\n",
		"\x1b]0;a title\x07\n":                 "\uFFFD]0;a title\uFFFD\n",
		"\x1b]52;c;cHduZWQ=\x07\n":             "\uFFFD]52;c;cHduZWQ=\uFFFD\n",
		"\x1b[2J\x1b[H cleared\n":              "\uFFFD[2J\uFFFD[H cleared\n",
		"over\rwritten\b\n":                    "over\uFFFDwritten\uFFFD\n",
		"\u009b2J, and \u202eback\n":           "\uFFFD2J, and \uFFFDback\n",
		"\x1b[8m hidden\n":                     "\x1b[8m hidden\x1b[m\n",
		"\x1b[\x1b[1m2J put together of two\n": "\uFFFD[\x1b[1m2J put together of two\x1b[m\n",
	} {
		if got := written(t, screen{terminal: true}, line); got != want {
			t.Errorf("%q became %q", line, got)
		}
		if got := written(t, screen{}, line); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("elsewhere %q became %q", line, got)
		}
	}
}

func TestALineWithoutEndIsNotKept(t *testing.T) {
	from := bufio.NewReaderSize(strings.NewReader(strings.Repeat("x", 3*longestLine)+"\nend"), longestLine)
	var all int
	for {
		line, err := readLine(from)
		if len(line) > longestLine {
			t.Fatalf("a line has %d bytes", len(line))
		}
		all += len(line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if all != 3*longestLine+4 {
		t.Errorf("%d bytes were read", all)
	}
}

// What is above an object in a file of YAML is a comment, whatever a request is
// called that it was stamped out for.
func TestACommentStaysOne(t *testing.T) {
	var out bytes.Buffer
	from := "stamped by ResourceSet a/b for c\nkind: Evil\x1b[2J"
	object := tracedObject{from: from}
	object.Unstructured = configMap()
	if err := printYAML(&out, []tracedObject{object}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "---\n# stamped by ResourceSet a/b for c kind: Evil\uFFFD[2J\napiVersion: v1\n") {
		t.Errorf("got %q", out.String())
	}
}

func configMap() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}}
}
