package terminal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/eddy-previews/eddy/internal/terminal"
)

// printed is what a table with a row prints on a screen of a width.
func printed(t *testing.T, width int) string {
	t.Helper()
	var out bytes.Buffer
	table := terminal.Table{Screen: terminal.Screen{Writer: &out, Width: width}, Columns: []terminal.Column{
		{Name: "NAME"}, {Name: "BRANCH", Least: 8}, {Name: "URL", Rank: 1, Moves: true}, {Name: "MESSAGE"},
	}}
	row := []terminal.Cell{terminal.Text("api/1"), terminal.Text("a-branch-of-some-length"), terminal.Text("https://api-1.example.com"), terminal.Text("")}
	if err := table.Print([][]terminal.Cell{row}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestATableIsWholeWhereNoTerminalIs(t *testing.T) {
	want := "NAME    BRANCH                    URL                         MESSAGE\n" +
		"api/1   a-branch-of-some-length   https://api-1.example.com\n"
	if got := printed(t, 0); got != want {
		t.Errorf("it is\n%s", got)
	}
}

func TestATableIsNoWiderThanItsTerminalAndAColumnThatIsLeftOutMoves(t *testing.T) {
	for width := 1; width < 90; width++ {
		for line := range strings.Lines(printed(t, width)) {
			if columns := ansi.StringWidth(strings.TrimSuffix(line, "\n")); columns > width {
				t.Errorf("%d columns on a terminal of %d: %s", columns, width, line)
			}
		}
	}
	want := "NAME    BRANCH           MESSAGE\n" +
		"api/1   a-branch-of-s…   https://api-1.example.com\n"
	if got := printed(t, 50); got != want {
		t.Errorf("it is\n%s", got)
	}
}

func TestRowsThatComeLaterStandUnderThoseBefore(t *testing.T) {
	var out bytes.Buffer
	table := terminal.Table{Screen: terminal.Screen{Writer: &out}, Columns: terminal.Named("NAME", "READY")}
	for _, name := range []string{"a-long-name", "b"} {
		if err := table.Print([][]terminal.Cell{{terminal.Text(name), terminal.Text("True")}}); err != nil {
			t.Fatal(err)
		}
	}
	if want := "NAME          READY\na-long-name   True\nb             True\n"; out.String() != want {
		t.Errorf("it is\n%s", out.String())
	}
}
