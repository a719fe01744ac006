package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// tellText writes a finding as compilers do, and below it what to do.
func (o *lintSetup) tellText(findings []lint.Finding) error {
	out := terminal.Of(o.Out)
	for _, finding := range findings {
		severity := terminal.Yellow(string(finding.Severity))
		if finding.Severity == lint.Error {
			severity = terminal.Red(string(finding.Severity))
		}
		_, err := fmt.Fprintf(out, "%s: %s: %s [%s]\n    %s %s\n",
			terminal.Bold(terminal.Visible(finding.String())), severity, terminal.Visible(finding.Message), finding.Rule, terminal.Green("fix:"), terminal.Visible(finding.Fix))
		if err != nil {
			return err
		}
	}
	return nil
}

// jsonFinding is a finding in the output of -o json.
type jsonFinding struct {
	Rule     string        `json:"rule"`
	Severity lint.Severity `json:"severity"`
	File     string        `json:"file"`
	Line     int           `json:"line,omitempty"`
	Column   int           `json:"column,omitempty"`
	Message  string        `json:"message"`
	Fix      string        `json:"fix"`
	Fixable  bool          `json:"fixable"`
}

// tellJSON writes a list, which is empty when nothing is found.
func tellJSON(out io.Writer, findings []lint.Finding) error {
	list := make([]jsonFinding, 0, len(findings))
	for _, f := range findings {
		list = append(list, jsonFinding{f.Rule, f.Severity, f.File, f.Line, f.Column, f.Message, f.Fix, len(f.Edits) > 0})
	}
	return writeJSON(out, list)
}

// writeJSON writes indented JSON, in which < and > stay readable.
func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
