package cli

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

// cell is a text of a table and its colour.
type cell struct {
	text  string
	style style
}

// text is a cell without a colour, in one line whatever it holds.
func text(value string) cell { return cell{text: oneLine(value), style: plain} }

// column says what becomes of a column where a terminal is too narrow for all.
type column struct {
	name string
	// least is how narrow its texts may be cut; 0 when they are whole or not there.
	least int
	// rank is when the column is left out, the highest first; never when 0.
	rank int
	// moves says that its texts, when it is left out, stand in the last column
	// where that is empty.
	moves bool
}

// named are columns that are always whole.
func named(names ...string) []column {
	out := make([]column, len(names))
	for i, name := range names {
		out[i].name = name
	}
	return out
}

// table is aligned as kubectl's are. On a terminal it is no wider than that: some
// columns are cut and others left out, and the last has the room that is left.
type table struct {
	screen
	columns []column
	// widths grow with what is printed, and never shrink: rows that come later
	// stand under those before.
	widths []int
	// shown are the columns that there is room for, by number: which they are is
	// decided by the rows that are printed first.
	shown []int
}

// print prints rows, the first time below the header.
func (t *table) print(rows [][]cell) error {
	if t.widths == nil {
		header := make([]cell, len(t.columns))
		for i, column := range t.columns {
			header[i] = text(column.name)
		}
		rows = append([][]cell{header}, rows...)
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
func (t *table) measure(rows [][]cell) {
	first := t.widths == nil
	if first {
		t.widths = make([]int, len(t.columns))
	}
	for _, row := range rows {
		for i, cell := range row {
			if first || t.width == 0 || t.columns[i].least == 0 {
				t.widths[i] = max(t.widths[i], ansi.StringWidth(cell.text))
			}
		}
	}
	if first {
		t.fit()
	}
}

// fit chooses the columns to show, and cuts those that may be.
func (t *table) fit() {
	for i := range t.columns {
		t.shown = append(t.shown, i)
	}
	if t.width == 0 {
		return
	}
	for t.spare() < 0 {
		out := slices.MaxFunc(t.shown, func(a, b int) int { return t.columns[a].rank - t.columns[b].rank })
		if t.columns[out].rank == 0 {
			break
		}
		t.shown = slices.DeleteFunc(t.shown, func(i int) bool { return i == out })
	}
	spare := max(t.spare(), 0)
	for _, i := range t.shown {
		if least := t.columns[i].least; least > 0 && t.widths[i] > least {
			cut := min(t.widths[i], least+spare)
			spare -= cut - least
			t.widths[i] = cut
		}
	}
}

// spare is how much room the columns shown leave when all are as narrow as they
// may be; negative when they are too wide.
func (t *table) spare() int {
	last := len(t.columns) - 1
	room := min(t.widths[last], roomForMessage)
	for i, column := range t.columns {
		if column.moves && !slices.Contains(t.shown, i) {
			room = max(room, t.widths[i])
		}
	}
	spare := t.width - room
	for _, i := range t.shown {
		if i == last {
			continue
		}
		width := t.widths[i]
		if least := t.columns[i].least; least > 0 {
			width = min(width, least)
		}
		spare -= width + gap
	}
	return spare
}

func (t *table) line(row []cell) string {
	var out strings.Builder
	last := len(t.columns) - 1
	for _, i := range t.shown {
		cell := row[i]
		if i == last {
			out.WriteString(cell.style(t.lastOf(row)))
			break
		}
		if t.width > 0 && t.columns[i].least > 0 {
			cell.text = ansi.Truncate(cell.text, t.widths[i], "…")
		}
		out.WriteString(cell.style(cell.text))
		out.WriteString(strings.Repeat(" ", t.widths[i]-ansi.StringWidth(cell.text)+gap))
	}
	line := strings.TrimRight(out.String(), " ")
	if t.width > 0 {
		line = ansi.Truncate(line, t.width, "…")
	}
	return line
}

// lastOf is the text of the last column, or one that moved there.
func (t *table) lastOf(row []cell) string {
	last := len(t.columns) - 1
	for i, column := range t.columns {
		left := column.moves && !slices.Contains(t.shown, i)
		if left && row[last].text == "" && row[i].text != nothing {
			return row[i].text
		}
	}
	return row[last].text
}
