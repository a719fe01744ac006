package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// page is what `eddy describe` prints, part by part. The first error of writing
// ends it.
type page struct {
	Streams
	terminal.Screen
	err error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.Screen, format+"\n", args...)
	}
}

// paragraph prints a text below a mark, on a terminal in lines between words.
func (p *page) paragraph(mark, indent string, in terminal.Style, words string) {
	for i, line := range p.Wrap(terminal.OneLine(words), len(indent)) {
		if i > 0 {
			mark = indent
		}
		p.line("%s%s", mark, in(line))
	}
}

// preview prints what the preview is.
func (p *page) preview(of preview.View) {
	field := func(name, value string) {
		if value != "" {
			p.line("%-13s %s", name, value)
		}
	}
	title := terminal.OneLine(of.Title)
	if title != "" && of.Author != "" {
		title += " (" + of.Author + ")"
	}
	branch := of.Branch
	if of.Commit != "" {
		branch = strings.TrimPrefix(branch+" at "+shortCommit(of.Commit), " ")
	}
	ready := styleOf(of.Ready)(terminal.OneLine(string(of.Ready))) + ", " + terminal.OneLine(of.Reason)
	if of.Since != nil {
		ready += " for " + p.age(of.Since.Time)
	}
	field("Name:", terminal.Bold(terminal.OneLine(of.Name)))
	field("Namespace:", of.Namespace)
	if title != "" {
		p.paragraph("Pull request: ", "              ", terminal.Plain, title)
	}
	field("", terminal.OneLine(of.Request))
	field("Branch:", terminal.OneLine(branch))
	if of.ApprovedBy != "" {
		field("Approved by:", terminal.OneLine(of.ApprovedBy)+", at "+shortCommit(of.ApprovedSHA))
	}
	field("URL:", terminal.OneLine(of.URL))
	if of.HasPreview() {
		field("Ready:", ready)
	}
	p.standing(of)
}

// standing prints what a request waits for, and what to do.
func (p *page) standing(of preview.View) {
	words := of.Standing()
	if words == "" {
		return
	}
	if of.Held.Since != nil {
		words += ", for " + p.age(of.Held.Since.Time)
	}
	p.paragraph("Request:      ", "              ", terminal.Plain, words)
	if advice := of.Held.Advice(); advice != "" {
		p.paragraph("            "+terminal.Cyan("→")+" ", "              ", terminal.Plain, advice)
	}
	if of.Held.Next != nil {
		p.line("%-13s %s", "Next look:", of.Held.Next.UTC().Format(time.RFC3339))
	}
}

// findings prints the probable causes; of a preview that is ready, what may
// become one.
func (p *page) findings(of preview.View, findings []diagnose.Finding) {
	if len(findings) == 0 {
		return
	}
	p.line("")
	if of.State() == preview.Ready {
		p.line("%s", terminal.Bold("To know"))
	} else {
		p.line("%s", terminal.Bold("Probable cause"))
	}
	for i, f := range findings {
		on := short(f.On, f.On.Namespace)
		if n := len(f.Also); n > 0 {
			on += fmt.Sprintf(" and %d more", n)
		}
		since := ""
		if !f.Since.IsZero() {
			since = ", for " + p.age(f.Since)
		}
		if i > 0 {
			p.line("")
		}
		p.paragraph("  "+terminal.Red("✗")+" ", "    ", terminal.Plain, p.CutMessage(f.Words, wordsWidth))
		p.paragraph("    ", "    ", terminal.Faint, f.Cause+" on "+on+since)
		if f.Advice != "" {
			p.paragraph("    "+terminal.Cyan("→")+" ", "      ", terminal.Plain, f.Advice)
		}
	}
}

// chain prints the objects as a tree below the pull request.
func (p *page) chain(of preview.View, root *diagnose.Judged) {
	depth := 1
	if of.Branch != "" {
		depth = 2
	}
	top := terminal.Branch{Label: "input " + terminal.Visible(of.Key().String()), Children: []terminal.Branch{p.branch(root, of.Namespace, depth)}}
	if of.Branch != "" {
		top = terminal.Branch{Label: "pull request " + terminal.Visible(of.ID), Children: []terminal.Branch{top}}
	}
	p.line("")
	p.line("%s", terminal.Bold("Chain"))
	for _, line := range top.Lines() {
		p.line("%s", p.Cut(strings.TrimRight("  "+line, " ")))
	}
}

// branch is a node and what is below it, so deep in the tree.
func (p *page) branch(n *diagnose.Judged, namespace string, depth int) terminal.Branch {
	label := mark(n.State) + " " + short(n.ID, namespace)
	if n.State != diagnose.Ready {
		label += " " + strings.ToLower(string(n.State))
		if !n.Since.IsZero() {
			label += " for " + p.age(n.Since)
		}
		if n.Message != "" {
			label += ": "
			room := p.Width - 2 - 4*depth - ansi.StringWidth(label) // each level is indented by four
			label += p.CutMessage(terminal.OneLine(n.Message), max(room, leastMessage))
		}
	}
	out := terminal.Branch{Label: label}
	for _, child := range n.Children {
		out.Children = append(out.Children, p.branch(child, namespace, depth+1))
	}
	return out
}

// How much of a message stands on a terminal: in a tree at least, where causes and
// events have the rest, and below the causes at most, where -o json has it.
const (
	leastMessage = 10
	wordsWidth   = 600
)

// lastEvents is how many events a page ends with.
const lastEvents = 10

// events prints the last events.
func (p *page) events(events []corev1.Event) {
	if len(events) == 0 || p.err != nil {
		return
	}
	p.line("")
	p.line("%s", terminal.Bold("Last events"))
	events = events[max(0, len(events)-lastEvents):]
	table := newEventTable(p.Screen)
	p.err = table.Print(eventRows(p.Streams, events))
}

// short names an object, with its namespace where that is another.
func short(id object.Ref, namespace string) string {
	if id.Namespace == namespace {
		id.Namespace = ""
	}
	return id.String()
}

// eventsOf lists the events of a tree, oldest first.
func eventsOf(root *diagnose.Node) []corev1.Event {
	var out []corev1.Event
	trace.Walk(root, func(n *diagnose.Node) {
		out = append(out, n.Events...)
	})
	slices.SortStableFunc(out, func(a, b corev1.Event) int { return trace.When(a).Compare(trace.When(b)) })
	return out
}

func newEventTable(s terminal.Screen) *terminal.Table {
	return &terminal.Table{Screen: s, Columns: []terminal.Column{
		{Name: "LAST SEEN"}, {Name: "TYPE", Rank: 1}, {Name: "REASON"}, {Name: "OBJECT", Least: 16}, {Name: "MESSAGE"},
	}}
}

func eventRows(s Streams, events []corev1.Event) [][]terminal.Cell {
	var out [][]terminal.Cell
	for _, one := range events {
		kind := terminal.Text(one.Type)
		if one.Type == corev1.EventTypeWarning {
			kind.Style = terminal.Yellow
		}
		seen := s.age(trace.When(one))
		if n := count(one); n > 1 {
			seen += fmt.Sprintf(" (x%d)", n)
		}
		about := one.InvolvedObject.Kind + "/" + one.InvolvedObject.Name
		out = append(out, []terminal.Cell{terminal.Text(seen), kind, terminal.Text(one.Reason), terminal.Text(about), terminal.Text(one.Message)})
	}
	return out
}

// count is how often an event was seen.
func count(e corev1.Event) int32 {
	if e.Series != nil {
		return e.Series.Count
	}
	return e.Count
}

// styleOf is the colour of a Ready condition.
func styleOf(ready metav1.ConditionStatus) terminal.Style {
	switch ready {
	case metav1.ConditionTrue:
		return terminal.Green
	case metav1.ConditionFalse:
		return terminal.Red
	default:
		return terminal.Yellow
	}
}

// mark is the sign of a state, in its colour.
func mark(s diagnose.State) string {
	switch s {
	case diagnose.Ready, diagnose.Ended:
		return terminal.Green("✓")
	case diagnose.Failing, diagnose.Missing:
		return terminal.Red("✗")
	case diagnose.Progressing, diagnose.Terminating:
		return terminal.Yellow("…")
	default:
		return terminal.Yellow("?")
	}
}
