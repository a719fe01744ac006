package cli

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2/tree"
	"github.com/charmbracelet/x/ansi"
	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/mitchellh/go-wordwrap"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/trace"
)

// page is what `eddy describe` prints, part by part. The first error of writing
// ends it.
type page struct {
	Streams
	screen
	err error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.screen, format+"\n", args...)
	}
}

// paragraph prints a text below a mark, on a terminal in lines between words.
func (p *page) paragraph(mark, indent string, in style, words string) {
	words = oneLine(words)
	if room := p.width - len(indent); room > 0 {
		words = wordwrap.WrapString(words, uint(room))
	}
	for i, line := range strings.Split(words, "\n") {
		if i > 0 {
			mark = indent
		}
		p.line("%s%s", mark, in(line))
	}
}

// preview prints what the preview is.
func (p *page) preview(of trace.Preview) {
	field := func(name, value string) {
		if value != "" {
			p.line("%-13s %s", name, value)
		}
	}
	title := oneLine(of.Title)
	if title != "" && of.Author != "" {
		title += " (" + of.Author + ")"
	}
	branch := of.Branch
	if of.Commit != "" {
		branch = strings.TrimPrefix(branch+" at "+shortCommit(of.Commit), " ")
	}
	ready := styleOf(of.Ready)(oneLine(string(of.Ready))) + ", " + oneLine(of.Reason)
	if of.Since != nil {
		ready += " for " + p.age(of.Since.Time)
	}
	field("Name:", bold(oneLine(of.Name)))
	field("Namespace:", of.Namespace)
	if title != "" {
		p.paragraph("Pull request: ", "              ", plain, title)
	}
	field("", oneLine(of.Request))
	field("Branch:", oneLine(branch))
	field("URL:", oneLine(of.URL))
	field("Ready:", ready)
}

// findings prints the probable causes; of a preview that is ready, what may
// become one.
func (p *page) findings(of trace.Preview, findings []diagnose.Finding) {
	if len(findings) == 0 {
		return
	}
	p.line("")
	if of.Ready == metav1.ConditionTrue {
		p.line("%s", bold("To know"))
	} else {
		p.line("%s", bold("Probable cause"))
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
		p.paragraph("  "+red("✗")+" ", "    ", plain, f.Words)
		p.paragraph("    ", "    ", faint, f.Cause+" on "+on+since)
		if f.Advice != "" {
			p.paragraph("    "+cyan("→")+" ", "      ", plain, f.Advice)
		}
	}
}

// chain prints the objects as a tree below the pull request.
func (p *page) chain(of trace.Preview, root *diagnose.Judged) {
	top := tree.Root("input " + visible(of.Key())).Child(p.branch(root, of.Namespace))
	if of.Branch != "" {
		top = tree.Root("pull request " + visible(of.ID)).Child(top)
	}
	p.line("")
	p.line("%s", bold("Chain"))
	for _, line := range strings.Split(top.String(), "\n") {
		line = strings.TrimRight("  "+line, " ")
		if p.width > 0 {
			line = ansi.Truncate(line, p.width, "…")
		}
		p.line("%s", line)
	}
}

// branch is a node and what is below it.
func (p *page) branch(n *diagnose.Judged, namespace string) *tree.Tree {
	label := mark(n.State) + " " + short(n.ID, namespace)
	if n.State != diagnose.Ready {
		label += " " + strings.ToLower(string(n.State))
		if !n.Since.IsZero() {
			label += " for " + p.age(n.Since)
		}
		if n.Message != "" {
			label += ": " + ansi.Truncate(oneLine(n.Message), messageWidth, "…")
		}
	}
	out := tree.Root(label)
	for _, child := range n.Children {
		out.Child(p.branch(child, namespace))
	}
	return out
}

// messageWidth is how much of a message stands in a tree: causes and events have
// the rest.
const messageWidth = 100

// lastEvents is how many events a page ends with.
const lastEvents = 10

// events prints the last events.
func (p *page) events(events []corev1.Event) {
	if len(events) == 0 || p.err != nil {
		return
	}
	p.line("")
	p.line("%s", bold("Last events"))
	events = events[max(0, len(events)-lastEvents):]
	table := newEventTable(p.screen)
	p.err = table.print(eventRows(p.Streams, events))
}

// short names an object, with its namespace where that is another.
func short(id object.ObjMetadata, namespace string) string {
	if id.Namespace == namespace {
		id.Namespace = ""
	}
	return full(id)
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

func newEventTable(s screen) *table {
	return &table{screen: s, columns: []column{
		{name: "LAST SEEN"}, {name: "TYPE", rank: 1}, {name: "REASON"}, {name: "OBJECT", least: 16}, {name: "MESSAGE"},
	}}
}

func eventRows(s Streams, events []corev1.Event) [][]cell {
	var out [][]cell
	for _, one := range events {
		kind := text(one.Type)
		if one.Type == corev1.EventTypeWarning {
			kind.style = yellow
		}
		seen := s.age(trace.When(one))
		if n := count(one); n > 1 {
			seen += fmt.Sprintf(" (x%d)", n)
		}
		about := one.InvolvedObject.Kind + "/" + one.InvolvedObject.Name
		out = append(out, []cell{text(seen), kind, text(one.Reason), text(about), text(one.Message)})
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
