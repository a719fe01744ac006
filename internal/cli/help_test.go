package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/cli"
)

// TestEachHelpFitsATerminalOf80Columns asks each command for its help, those that
// cobra adds included.
func TestEachHelpFitsATerminalOf80Columns(t *testing.T) {
	root := cli.New(cli.Streams{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	walk(root, func(cmd *cobra.Command) {
		text := helpOf(t, strings.Fields(cmd.CommandPath())[1:])
		if !strings.Contains(text, "Usage:\n  "+cmd.CommandPath()) {
			t.Errorf("`%s --help` prints no usage:\n%s", cmd.CommandPath(), text)
		}
		for _, line := range strings.Split(text, "\n") {
			if width := ansi.StringWidth(strings.ReplaceAll(line, "\t", "    ")); width > 80 {
				t.Errorf("`%s --help` has a line of %d columns: %s", cmd.CommandPath(), width, line)
			}
			if strings.Contains(line, "=true|false") {
				t.Errorf("`%s --help` says of a switch how else it could be given: %s", cmd.CommandPath(), line)
			}
		}
	})
}

func helpOf(t *testing.T, command []string) string {
	t.Helper()
	var out bytes.Buffer
	root := cli.New(cli.Streams{In: strings.NewReader(""), Out: &out, Err: &out})
	root.SetArgs(append(command, "--help"))
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Errorf("%v: %v", command, err)
	}
	return out.String()
}
