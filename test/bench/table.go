package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/test/rig"
)

const (
	// memoryLimit is what a preview of one object may cost, in bytes.
	memoryLimit = 40 << 10
	// many is from how many previews on that can be told from what an operator
	// needs for its first one.
	many = 1000
)

// write prints the reports as one table in Markdown, a row for each piece of
// work; where operators were compared, each row tells how the other stands to
// the first.
func write(out io.Writer, reports []report) error {
	rows := [][]string{{"previews", "operator", "work", "requests", "limit", "of which", "time", "processor", "compared"}}
	for i, one := range reports {
		first := slices.IndexFunc(reports, func(r report) bool { return r.previews == one.previews })
		for n, figure := range one.figures {
			compared := ""
			switch {
			case i != first && (one.operator == watched || one.operator == telling): // other work
			case i != first:
				compared = ratios(figure, reports[first].figures[n])
			case n == 0 && one.floor > 0:
				compared = beside(figure.took, one.floor)
			case figure.floor > 0:
				compared = beside(figure.took, figure.floor)
				if one.previews >= many {
					compared += fmt.Sprintf(" (limit %.0f)", figure.ratio)
				}
			}
			rows = append(rows, append([]string{fmt.Sprint(one.previews), one.operator}, append(cells(figure), compared)...))
		}
		said := memory(one)
		switch one.operator {
		case watched:
			said = workload(one)
		case telling:
			said = fmt.Sprintf("%.1f KiB of live heap a request that was told", float64(one.perRequest)/(1<<10))
		}
		rows = append(rows, []string{fmt.Sprint(one.previews), one.operator, "memory", "", "", said, "", "", ""})
	}
	_, err := io.WriteString(out, align(rows))
	return err
}

// beside tells a time as a multiple of that of a client that does nothing else.
func beside(took, floor time.Duration) string {
	return fmt.Sprintf("%.2f × a client that only writes", float64(took)/float64(floor))
}

func cells(f figure) []string {
	limit := "–"
	if f.silent {
		limit = "0"
	}
	if f.writes > 0 {
		limit = fmt.Sprintf("%d of status", f.writes)
	}
	if f.most > 0 {
		limit = fmt.Sprint(f.most)
	}
	if f.undone != nil {
		return []string{f.work, "not done", limit, f.undone.Error(), "–", "–"}
	}
	return []string{f.work, fmt.Sprint(f.counts.Total()), limit, verbs(f.counts), f.took.Round(10 * time.Millisecond).String(), f.cpu.String()}
}

// ratios tells how many times as much an operator needs as the first.
func ratios(f, first figure) string {
	if f.undone != nil || first.undone != nil {
		return ""
	}
	return fmt.Sprintf("%.1f × requests, %.1f × time",
		float64(f.counts.Total())/float64(max(1, first.counts.Total())), float64(f.took)/float64(max(time.Millisecond, first.took)))
}

// workload tells of the heap in use, and in memory of all that the process holds.
func workload(r report) string {
	if r.previews < many {
		return memory(r)
	}
	return fmt.Sprintf("%.1f KiB of live heap a workload (limit %d), %s", float64(r.perWorkload)/(1<<10), workloadLimit>>10, memory(r))
}

func memory(r report) string {
	limit := ""
	if r.previews >= many {
		limit = fmt.Sprintf(" (limit %d)", memoryLimit>>10)
	}
	return fmt.Sprintf("%.1f KiB a preview%s, %d MiB idle", float64(r.perPreview())/(1<<10), limit, r.idle>>20)
}

// verbs lists the requests by verb, and how many of them wrote a status or an event.
func verbs(counts rig.Counts) string {
	var out []string
	for _, verb := range []string{"LIST", "GET", "POST", "PUT", "PATCH", "DELETE", forgeRequests} {
		if n := counts[verb]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, verb))
		}
	}
	for _, kind := range []string{rig.Status, rig.Event} {
		if n := counts[kind]; n > 0 {
			out = append(out, fmt.Sprintf("%d of %s", n, kind))
		}
	}
	return strings.Join(out, ", ")
}

// align writes rows as a table in Markdown that can be read as it is.
func align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	line := func(cells []string) {
		for i, cell := range cells {
			fmt.Fprintf(&out, "| %s%s ", cell, strings.Repeat(" ", widths[i]-len([]rune(cell))))
		}
		out.WriteString("|\n")
	}
	line(rows[0])
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
	}
	line(rule)
	for _, row := range rows[1:] {
		line(row)
	}
	return out.String()
}

// check returns what Eddy needed beyond what it promises.
func check(reports []report) error {
	var broken []error
	for _, one := range reports {
		if !slices.Contains([]string{eddyName, watched, telling}, one.operator) {
			continue
		}
		for _, figure := range one.figures {
			switch {
			case figure.undone != nil:
				broken = append(broken, fmt.Errorf("%d previews, %s: %w", one.previews, figure.work, figure.undone))
			case figure.silent && figure.counts.Total() > 0:
				broken = append(broken, fmt.Errorf("%d previews, %s: %d requests (%s), promised are none", one.previews, figure.work, figure.counts.Total(), verbs(figure.counts)))
			case one.previews >= many && figure.floor > 0 && float64(figure.took) > figure.ratio*float64(figure.floor):
				broken = append(broken, fmt.Errorf("%d previews, %s: %s, promised are %.0f at most", one.previews, figure.work, beside(figure.took, figure.floor), figure.ratio))
			case figure.writes > 0 && figure.counts[rig.Status] > figure.writes:
				broken = append(broken, fmt.Errorf("%d previews, %s: the status was written %d times, promised are %d at most", one.previews, figure.work, figure.counts[rig.Status], figure.writes))
			case figure.most > 0 && figure.counts.Total() > figure.most:
				broken = append(broken, fmt.Errorf("%d previews, %s: %d requests, promised are %d at most", one.previews, figure.work, figure.counts.Total(), figure.most))
			}
		}
		if one.previews >= many && one.perWorkload > workloadLimit {
			broken = append(broken, fmt.Errorf("%d previews: %s", one.previews, workload(one)))
		}
		if one.previews >= many && one.perPreview() > memoryLimit {
			broken = append(broken, fmt.Errorf("%d previews: %s", one.previews, memory(one)))
		}
	}
	return errors.Join(broken...)
}
