package lint

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Edit replaces the bytes of a file from Start to End by Text. Nothing else of
// the file is touched: comments and formatting stay.
type Edit struct {
	File       string
	Start, End int
	Text       string
}

// Fix returns the texts of the files as the edits of the findings make them, and
// how many findings that fixes. Of two edits that overlap, the first counts.
func (s *Setup) Fix(findings []Finding) (fixed map[string][]byte, count int) {
	byFile := map[string][]Edit{}
	for _, finding := range findings {
		if len(finding.Edits) == 0 || slices.ContainsFunc(finding.Edits, func(e Edit) bool { return overlaps(byFile[e.File], e) }) {
			continue
		}
		count++
		for _, edit := range finding.Edits {
			byFile[edit.File] = append(byFile[edit.File], edit)
		}
	}
	fixed = map[string][]byte{}
	for file, edits := range byFile {
		slices.SortFunc(edits, func(a, b Edit) int { return cmp.Compare(b.Start, a.Start) })
		text := bytes.Clone(s.texts.of(file))
		for _, edit := range edits {
			text = slices.Replace(text, edit.Start, edit.End, []byte(edit.Text)...)
		}
		fixed[file] = text
	}
	return fixed, count
}

func overlaps(edits []Edit, edit Edit) bool {
	return slices.ContainsFunc(edits, func(other Edit) bool {
		return edit.Start <= other.End && other.Start <= edit.End
	})
}

// replace returns the edit that writes another value in the place of a scalar
// that is written in one line.
func replace(document *manifest.Document, node *yamlv3.Node, text string) []Edit {
	start := offset(document.Text, node.Line, node.Column)
	end := start + len(written(document.Text[start:], node))
	return []Edit{{document.File, start, end, text}}
}

// written returns the text of a scalar as it stands in its line.
func written(text []byte, node *yamlv3.Node) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	quote := byte(0)
	switch node.Style &^ yamlv3.TaggedStyle {
	case yamlv3.DoubleQuotedStyle:
		quote = '"'
	case yamlv3.SingleQuotedStyle:
		quote = '\''
	default:
		return line[:min(len(line), len(node.Value))]
	}
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quote == '"':
			i++
		case line[i] == quote && quote == '\'' && i+1 < len(line) && line[i+1] == quote:
			i++
		case line[i] == quote:
			return line[:i+1]
		}
	}
	return line
}

// insertBefore returns the edit that puts a line before that of a key of a
// block mapping, as deep as the key.
func insertBefore(document *manifest.Document, key *yamlv3.Node, line string) []Edit {
	start := offset(document.Text, key.Line, key.Column)
	indent := strings.Repeat(" ", key.Column-1)
	return []Edit{{document.File, start, start, line + "\n" + indent}}
}

// offset returns the byte at which a line and column of a text begin.
func offset(text []byte, line, column int) int {
	at := 0
	for range line - 1 {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			return len(text)
		}
		at += next + 1
	}
	for range column - 1 {
		if at >= len(text) {
			return len(text)
		}
		at++
		for at < len(text) && text[at]&0xC0 == 0x80 { // within a character
			at++
		}
	}
	return at
}
