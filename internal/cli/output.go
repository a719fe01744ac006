package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// jsonPath is how a format begins that takes values out of the JSON.
const jsonPath = "jsonpath="

// dataFormats are those of commands that print for a person when none is given.
func dataFormats() []string { return []string{"json", "yaml", jsonPath} }

// bindOutput adds -o, with the formats that a command has.
func bindOutput(cmd *cobra.Command, into *string, formats ...string) {
	cmd.Flags().StringVarP(into, "output", "o", *into, oneOf(formats))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoSpace|cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// oneOf lists formats in words: "yaml, json or jsonpath=…".
func oneOf(formats []string) string {
	words := slices.Clone(formats)
	for i, word := range words {
		if word == jsonPath {
			words[i] += "…"
		}
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// checkFormat refuses what is none of the formats of a command, "" aside.
func checkFormat(given string, formats ...string) error {
	if given == "" || slices.Contains(formats, given) && given != jsonPath {
		return nil
	}
	if strings.HasPrefix(given, jsonPath) && slices.Contains(formats, jsonPath) {
		_, err := parsePath(given)
		return err
	}
	return fmt.Errorf("--output: there is no format %q; expected %s%s", given, oneOf(formats), suggest.Hint(given, formats))
}

// parsePath reads a path as kubectl does: with braces, or without them where it is
// one path alone.
func parsePath(format string) (*jsonpath.JSONPath, error) {
	text := strings.TrimPrefix(format, jsonPath)
	if text == "" {
		return nil, fmt.Errorf("--output: %s is followed by a path, as in jsonpath='{.items[*].name}'", jsonPath)
	}
	if !strings.Contains(text, "{") {
		text = "{." + strings.TrimPrefix(text, ".") + "}"
	}
	path := jsonpath.New("output").AllowMissingKeys(true)
	if err := path.Parse(text); err != nil {
		return nil, fmt.Errorf("--output: %s cannot be read: %w; expected a path such as jsonpath='{.items[*].name}'", format, err)
	}
	return path, nil
}

// printValue writes data as JSON or YAML, or what a path takes out of it.
func printValue(out io.Writer, format string, value any) error {
	switch {
	case strings.HasPrefix(format, jsonPath):
		return printPath(out, format, value)
	case format == "yaml":
		text, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// printPath writes what a path takes out of the JSON of a value. A list is found
// below .items as well, where kubectl has those of objects.
func printPath(out io.Writer, format string, value any) error {
	path, err := parsePath(format)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var data any
	if err := json.Unmarshal(text, &data); err != nil {
		return err
	}
	if list, isList := data.([]any); isList && strings.Contains(format, ".items") {
		data = map[string]any{"items": list}
	}
	var found bytes.Buffer
	if err := path.Execute(&found, data); err != nil {
		return fmt.Errorf("--output: %s: %w", format, err)
	}
	_, err = out.Write(found.Bytes())
	return err
}

// isData reports whether a program reads what is printed in a format.
func isData(format string) bool {
	return format == "json" || format == "yaml" || strings.HasPrefix(format, jsonPath)
}
