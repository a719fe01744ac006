package lint

import (
	"encoding/json"
	"io"
)

// jsonFinding is a finding for a program.
type jsonFinding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Message  string   `json:"message"`
	Fix      string   `json:"fix"`
	Fixable  bool     `json:"fixable"`
}

// WriteJSON writes a list, which is empty when nothing is found.
func WriteJSON(out io.Writer, findings []Finding) error {
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
