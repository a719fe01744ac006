package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// getPreviews are the options of `eddy get previews`.
type getPreviews struct {
	listing
	Names []string
}

func newGetPreviewsCommand(streams Streams) *cobra.Command {
	o := &getPreviews{listing: newListing(streams)}
	cmd := &cobra.Command{
		Use:     "previews [NAME...]",
		Aliases: []string{"preview", "pr"},
		Short:   "List previews, one a line",
		Long: `List previews, one a line, by service and number. A request that is open and has
to wait for its preview has a line too, which says what it waits for; one whose
preview is at an older commit says so.

READY is True when the ResourceSet has applied the preview's objects, the
Kustomizations and HelmReleases among them are ready as Flux sees it, and the
workloads that they deployed run. On a
terminal messages are cut, and columns left out, as its width asks for: all is
whole with -o wide, or piped.

` + previewNames,
		Example: `  # Those of the current namespace; of all of them, going on with what changes
  eddy get previews
  eddy get previews -A --watch

  # One of them
  eddy get preview api/1234

  # The URLs of those that are ready
  eddy get previews -o jsonpath='{.items[?(@.ready=="True")].url}'`,
		ValidArgsFunction: o.completePreviews,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Names = args
			return o.run(cmd)
		},
	}
	o.bindListing(cmd)
	return cmd
}

// run lists once, or until it is interrupted.
func (o *getPreviews) run(cmd *cobra.Command) error {
	reader, namespace, err := o.open()
	if err != nil {
		return err
	}
	if o.Watch {
		return o.watch(cmd, reader, namespace)
	}
	snapshot, err := reader.Observe(cmd.Context(), namespace)
	if err != nil {
		return err
	}
	previews, err := o.pick(snapshot.Requests(), namespace)
	if err != nil {
		return err
	}
	if err := o.print(previews); err != nil || !o.table() {
		return err
	}
	if len(previews) == 0 {
		o.note("No previews found %s.", where(namespace))
	}
	o.tell(snapshot)
	return nil
}

// pick returns the previews that were named, or all.
func (o *getPreviews) pick(previews []preview.View, namespace string) ([]preview.View, error) {
	if len(o.Names) == 0 {
		return previews, nil
	}
	var out []preview.View
	var failed []error
	for _, name := range o.Names {
		if all := findAll(name, previews); len(all) > 1 {
			out = append(out, all...) // one in each of several namespaces
			continue
		}
		found, err := preview.Find(name, previews)
		var missing *preview.NotFoundError
		switch {
		case errors.As(err, &missing):
			failed = append(failed, absent(missing, namespace, "eddy get previews"))
		case err != nil:
			failed = append(failed, err)
		default:
			out = append(out, found)
		}
	}
	return out, errors.Join(failed...)
}

func (o *getPreviews) print(previews []preview.View) error {
	switch {
	case isData(o.Output):
		if len(o.Names) == 1 && len(previews) == 1 {
			return printValue(o.Out, o.Output, previews[0])
		}
		return printValue(o.Out, o.Output, emptyList(previews))
	case o.Output == "name":
		return o.printNames(previews)
	}
	if len(previews) == 0 {
		return nil
	}
	return o.newTable().Print(o.rows(previews))
}

// printNames prints those that other commands can do something with.
func (o *getPreviews) printNames(previews []preview.View) error {
	for _, p := range previews {
		if !p.HasPreview() {
			continue
		}
		if _, err := fmt.Fprintln(o.Out, terminal.OneLine(p.Name)); err != nil {
			return err
		}
	}
	return nil
}

// watch lists, and goes on with each preview that changes.
func (o *getPreviews) watch(cmd *cobra.Command, reader *trace.Reader, namespace string) error {
	shown, table := map[string]preview.View{}, o.newTable()
	err := reader.Follow(cmd.Context(), namespace, func(now preview.Snapshot) (bool, error) {
		previews, err := o.pick(now.Requests(), namespace)
		if err != nil && len(shown) == 0 {
			return false, err
		}
		changed := news(shown, previews)
		if len(changed) == 0 {
			return false, nil
		}
		if o.Output == "name" {
			return false, o.print(changed)
		}
		return false, table.Print(o.rows(changed))
	})
	return interrupted(cmd.Context(), err)
}

// news returns the previews that are not as they were shown, those that are gone
// included, and notes them as shown.
func news(shown map[string]preview.View, now []preview.View) []preview.View {
	var out []preview.View
	there := map[string]bool{}
	for _, p := range now {
		key := p.Namespace + "/" + p.FullName()
		there[key] = true
		if was, known := shown[key]; !known || !was.IsLike(p) {
			out = append(out, p)
		}
		shown[key] = p
	}
	for key, p := range shown {
		if !there[key] {
			out = append(out, p.Gone())
			delete(shown, key)
		}
	}
	return out
}

func (o *getPreviews) newTable() *terminal.Table {
	columns := []terminal.Column{
		{Name: "SERVICE"}, {Name: "PR"}, {Name: "BRANCH", Least: 10, Rank: 2}, {Name: "AUTHOR", Rank: 5}, {Name: "COMMIT", Rank: 4},
		{Name: "READY"}, {Name: "URL", Rank: 3, Moves: true}, {Name: "AGE", Rank: 1},
	}
	if o.wide() {
		columns = append(columns, terminal.Named("RESOURCESET", "TITLE")...)
	}
	if o.AllNamespaces {
		columns = append(terminal.Named("NAMESPACE"), columns...)
	}
	out := &terminal.Table{Screen: terminal.Of(o.Out), Columns: append(columns, terminal.Column{Name: "MESSAGE"}), Headless: o.NoHeaders}
	if o.wide() {
		out.Width = 0
	}
	return out
}

// branchWidth is what a branch takes of a table, as some have long names.
const branchWidth = 28

func (o *getPreviews) rows(previews []preview.View) [][]terminal.Cell {
	var out [][]terminal.Cell
	for _, p := range previews {
		branch, commit := terminal.Cut(p.Branch, branchWidth), shortCommit(p.Commit)
		if o.wide() {
			branch, commit = p.Branch, p.Commit
		}
		row := []terminal.Cell{
			terminal.Text(p.Service), terminal.Text(p.ID), terminal.Text(dash(branch)), terminal.Text(dash(p.Author)), terminal.Text(dash(commit)),
			terminal.Coloured(string(p.Ready), styleOf(p.Ready)), terminal.Text(dash(p.URL)), terminal.Text(o.age(timeOf(p.Created))),
		}
		if o.wide() {
			row = append(row, terminal.Text(p.Set), terminal.Text(dash(p.Title)))
		}
		if o.AllNamespaces {
			row = append([]terminal.Cell{terminal.Text(p.Namespace)}, row...)
		}
		out = append(out, append(row, terminal.Text(messageOf(p))))
	}
	return out
}

// messageOf is what is to be said of a preview, and of its request.
func messageOf(p preview.View) string {
	message := p.Message
	if p.HasPreview() {
		message = strings.Join(slices.DeleteFunc([]string{p.Message, p.Standing()}, isEmpty), "; ")
	}
	if p.Suspended && !strings.Contains(message, "suspended") {
		message = strings.TrimPrefix(message+"; suspended", "; ")
	}
	return message
}

func isEmpty(text string) bool { return text == "" }

func shortCommit(sha string) string {
	const enough = 7
	if len(sha) > enough {
		return sha[:enough]
	}
	return sha
}

func dash(value string) string { return cmp.Or(value, terminal.Nothing) }

// tell warns of what keeps all previews from being up to date.
func (s Streams) tell(snapshot preview.Snapshot) {
	for _, provider := range snapshot.Providers {
		if provider.IsDisabled() {
			s.warn("provider %s/%s is suspended%s: what becomes of its pull requests is not seen", provider.Namespace, provider.Name, by(&provider))
			continue
		}
		if ready := readyOf(provider.Status.Conditions); ready.Status == metav1.ConditionFalse {
			s.warn("provider %s/%s is not up to date: %s", provider.Namespace, provider.Name, ready.Message)
		}
	}
	for _, set := range snapshot.Sets {
		if ready := readyOf(set.Status.Conditions); ready.Status == metav1.ConditionFalse && ready.Reason != v1.ReasonPreviewsFailed {
			s.warn("ResourceSet %s/%s is not up to date: %s", set.Namespace, set.Name, ready.Message)
		}
	}
}
