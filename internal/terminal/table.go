package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// gap is the space between two columns.
const gap = 3

// roomForMessage is what the last column of a table has at least, where its
// texts are as long.
const roomForMessage = 24

// Nothing stands in a table where there is nothing, so that columns can be counted.
const Nothing = "-"

// Cell is a text of a table and its colour.
type Cell struct {
	Text  string
	Style Style
}

// Text is a cell without a colour, in one line whatever it holds.
func Text(value string) Cell { return Cell{Text: OneLine(value), Style: Plain} }

// Coloured is such a cell in a colour.
func Coloured(value string, style Style) Cell { return Cell{Text: OneLine(value), Style: style} }

// Column says what becomes of a column where a terminal is too narrow for all.
type Column struct {
	Name string
	// Least is how narrow its texts may be cut; 0 when they are whole or not there.
	Least int
	// Rank is when the column is left out, the highest first; never when 0.
	Rank int
	// Moves says that its texts, when it is left out, stand in the last column
	// where that is empty.
	Moves bool
}

// Named are columns that are always whole.
func Named(names ...string) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}

// Table is aligned as kubectl's are. On a terminal it is no wider than that: some
// columns are cut and others left out, and the last has the room that is left.
type Table struct {
	Screen
	Columns []Column
	// Headless leaves out the line that names the columns.
	Headless bool
	// widths grow with what is printed, and never shrink: rows that come later
	// stand under those before.
	widths []int
	// shown are the columns that there is room for, by number: which they are is
	// decided by the rows that are printed first.
	shown []int
}

// Print prints rows, the first time below the header.
func (t *Table) Print(rows [][]Cell) error {
	if t.widths == nil && !t.Headless {
		header := make([]Cell, len(t.Columns))
		for i, column := range t.Columns {
			header[i] = Text(column.Name)
		}
		rows = append([][]Cell{header}, rows...)
	}
	t.measure(rows)
	for _, row := range rows {
		if _, err := fmt.Fprintln(t, t.line(row)); err != nil {
			return err
		}
	}
	return nil
}

// measure lets the widths grow. Columns that were cut stay as they are.
func (t *Table) measure(rows [][]Cell) {
	first := t.widths == nil
	if first {
		t.widths = make([]int, len(t.Columns))
	}
	for _, row := range rows {
		for i, cell := range row {
			if first || t.Width == 0 || t.Columns[i].Least == 0 {
				t.widths[i] = max(t.widths[i], ansi.StringWidth(cell.Text))
			}
		}
	}
	if first {
		t.fit()
	}
}

// fit chooses the columns to show, and cuts those that may be.
func (t *Table) fit() {
	for i := range t.Columns {
		t.shown = append(t.shown, i)
	}
	if t.Width == 0 {
		return
	}
	for t.spare() < 0 {
		out := slices.MaxFunc(t.shown, func(a, b int) int { return t.Columns[a].Rank - t.Columns[b].Rank })
		if t.Columns[out].Rank == 0 {
			break
		}
		t.shown = slices.DeleteFunc(t.shown, func(i int) bool { return i == out })
	}
	spare := max(t.spare(), 0)
	for _, i := range t.shown {
		if least := t.Columns[i].Least; least > 0 && t.widths[i] > least {
			cut := min(t.widths[i], least+spare)
			spare -= cut - least
			t.widths[i] = cut
		}
	}
}

// spare is how much room the columns shown leave when all are as narrow as they
// may be; negative when they are too wide.
func (t *Table) spare() int {
	last := len(t.Columns) - 1
	room := min(t.widths[last], roomForMessage)
	for i, column := range t.Columns {
		if column.Moves && !slices.Contains(t.shown, i) {
			room = max(room, t.widths[i])
		}
	}
	spare := t.Width - room
	for _, i := range t.shown {
		if i == last {
			continue
		}
		width := t.widths[i]
		if least := t.Columns[i].Least; least > 0 {
			width = min(width, least)
		}
		spare -= width + gap
	}
	return spare
}

func (t *Table) line(row []Cell) string {
	var out strings.Builder
	last, used := len(t.Columns)-1, 0
	for _, i := range t.shown {
		cell := row[i]
		if i == last {
			out.WriteString(cell.Style(t.CutMessage(t.lastOf(row), max(t.Width-used, 0))))
			break
		}
		if t.Width > 0 && t.Columns[i].Least > 0 {
			cell.Text = Cut(cell.Text, t.widths[i])
		}
		out.WriteString(cell.Style(cell.Text))
		used += t.widths[i] + gap
		out.WriteString(strings.Repeat(" ", t.widths[i]-ansi.StringWidth(cell.Text)+gap))
	}
	return t.Cut(strings.TrimRight(out.String(), " "))
}

// lastOf is the text of the last column, or one that moved there.
func (t *Table) lastOf(row []Cell) string {
	last := len(t.Columns) - 1
	for i, column := range t.Columns {
		left := column.Moves && !slices.Contains(t.shown, i)
		if left && row[last].Text == "" && row[i].Text != Nothing {
			return row[i].Text
		}
	}
	return row[last].Text
}
