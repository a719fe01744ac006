package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/schema"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// newSchemaCommand returns `eddy schema`.
func newSchemaCommand(streams Streams) *cobra.Command {
	kinds := []string{v1.ResourceSetKind, v1.ResourceSetInputProviderKind}
	return &cobra.Command{
		Use:   "schema [KIND]",
		Short: "Print the JSON Schema of what one writes, for an editor",
		Long: `Print the JSON Schema (draft 7) of ResourceSet and ResourceSetInputProvider, or of
one of them, for an editor that completes YAML and checks it while it is written.
What the cluster's rules in CEL ask for is not in it: eddy lint finds that.`,
		Example: `  # For an editor with a language server for YAML
  eddy schema > eddy.schema.json

  # and at the top of a file
  # yaml-language-server: $schema=eddy.schema.json`,
		Args:      oneArgAtMost,
		ValidArgs: kinds,
		RunE: func(_ *cobra.Command, args []string) error {
			asked := kinds
			if len(args) > 0 {
				kind := kindCalled(args[0], kinds)
				if kind == "" {
					return fmt.Errorf("there is no schema of %q; expected %s%s", args[0], strings.Join(kinds, " or "), suggest.Hint(args[0], kinds))
				}
				asked = []string{kind}
			}
			out, err := schema.Editor(asked...)
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(streams.Out)
			encoder.SetIndent("", "  ")
			encoder.SetEscapeHTML(false)
			return encoder.Encode(out)
		},
	}
}

// kindCalled returns the kind of a name in any case, "" for none.
func kindCalled(name string, kinds []string) string {
	for _, kind := range kinds {
		if strings.EqualFold(kind, name) || strings.EqualFold(kind+"s", name) {
			return kind
		}
	}
	return ""
}
