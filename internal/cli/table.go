package cli

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// gap is the space between two columns.
const gap = 3

// cell is a text of a table and its colour.
type cell struct {
	text  string
	style style
}

// text is a cell without a colour.
func text(value string) cell { return cell{text: value, style: plain} }

// table is aligned as kubectl's are. On a terminal its last column is cut to what
// room is left.
type table struct {
	screen
	header []string
	// widths grow with what is printed, and never shrink: rows that come later
	// stand under those before.
	widths []int
}

// print prints rows, the first time below the header.
func (t *table) print(rows [][]cell) error {
	first := t.widths == nil
	if first {
		t.widths = make([]int, len(t.header))
		for i, name := range t.header {
			t.widths[i] = len(name)
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			t.widths[i] = max(t.widths[i], ansi.StringWidth(cell.text))
		}
	}
	if first {
		names := make([]cell, len(t.header))
		for i, name := range t.header {
			names[i] = text(name)
		}
		rows = append([][]cell{names}, rows...)
	}
	for _, row := range rows {
		if _, err := fmt.Fprintln(t, t.line(row)); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) line(row []cell) string {
	var out strings.Builder
	at := 0
	for i, cell := range row {
		shown := cell.text
		if i == len(row)-1 {
			if t.width > 0 {
				shown = ansi.Truncate(shown, max(t.width-at, gap), "…")
			}
			out.WriteString(cell.style(shown))
			break
		}
		out.WriteString(cell.style(shown))
		out.WriteString(strings.Repeat(" ", t.widths[i]-ansi.StringWidth(shown)+gap))
		at += t.widths[i] + gap
	}
	return strings.TrimRight(out.String(), " ")
}
