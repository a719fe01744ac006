package cli_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eddy-previews/eddy/internal/cli"
)

// TestEveryFlagIsInTheReference keeps docs/reference.md whole, and free of
// flags that are not there.
func TestEveryFlagIsInTheReference(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	walk(cli.New(cli.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}), func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			known[flag.Name] = true
			if flag.Name != "help" && !strings.Contains(string(text), "| `--"+flag.Name+"`") {
				t.Errorf("`%s --%s` is not in docs/reference.md", cmd.CommandPath(), flag.Name)
			}
		})
		if cmd.Runnable() && cmd.Example == "" {
			t.Errorf("`%s --help` has no example", cmd.CommandPath())
		}
	})
	for _, line := range strings.Split(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "| `--"); ok {
			if name, _, _ = strings.Cut(name, "`"); !known[name] {
				t.Errorf("--%s is in docs/reference.md, and nowhere else", name)
			}
		}
	}
}

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, child := range cmd.Commands() {
		walk(child, visit)
	}
}
