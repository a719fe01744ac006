package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/suggest"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// getObjects are the options of `eddy get providers` and `eddy get resourcesets`.
type getObjects struct {
	listing
	Names []string

	kind    string
	columns []terminal.Column
	// objects takes those of the kind out of a snapshot, row shows one.
	objects func(preview.Snapshot) []stored
	row     func(stored) []terminal.Cell
}

func newGetProvidersCommand(streams Streams) *cobra.Command {
	o := &getObjects{listing: newListing(streams), kind: v1.ResourceSetInputProviderKind, objects: providersIn}
	o.columns = []terminal.Column{
		{Name: "NAME"}, {Name: "TYPE", Rank: 2}, {Name: "URL", Rank: 3}, {Name: "INPUTS"},
		{Name: "SUSPENDED"}, {Name: "READY"}, {Name: "AGE", Rank: 1}, {Name: "MESSAGE"},
	}
	o.row = o.providerRow
	return o.command(&cobra.Command{
		Use:     "providers [NAME...]",
		Aliases: []string{"provider", "rsip", "resourcesetinputproviders", "resourcesetinputprovider"},
		Short:   "List what is watched, and how many inputs it has",
		Example: `  # Those of the current namespace
  eddy get providers

  # As kubectl would print one
  eddy get provider api-prs -o yaml`,
	})
}

func newGetResourceSetsCommand(streams Streams) *cobra.Command {
	o := &getObjects{listing: newListing(streams), kind: v1.ResourceSetKind, objects: setsIn}
	o.columns = []terminal.Column{
		{Name: "NAME"}, {Name: "PREVIEWS"}, {Name: "OBJECTS", Rank: 2},
		{Name: "SUSPENDED"}, {Name: "READY"}, {Name: "AGE", Rank: 1}, {Name: "MESSAGE"},
	}
	o.row = o.setRow
	return o.command(&cobra.Command{
		Use:     "resourcesets [NAME...]",
		Aliases: []string{"resourceset", "rset"},
		Short:   "List ResourceSets, and how many of their previews are ready",
		Example: `  # Those of all namespaces, going on with what changes
  eddy get resourcesets -A -w

  # The names of those of one team
  eddy get rset -l team=web -o name`,
	})
}

func (o *getObjects) command(cmd *cobra.Command) *cobra.Command {
	cmd.ValidArgsFunction = o.completeObjects(o.kind)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Names = args
		return o.run(cmd.Context())
	}
	o.bindListing(cmd)
	return cmd
}

func (o *getObjects) run(ctx context.Context) error {
	reader, namespace, err := o.open()
	if err != nil {
		return err
	}
	if o.kind == v1.ResourceSetInputProviderKind {
		// The labels are those of the providers, not of the sets.
		selector := reader.Selector
		reader.Selector = nil
		o.objects = func(s preview.Snapshot) []stored {
			return slices.DeleteFunc(providersIn(s), func(p stored) bool { return !selector.Matches(labels.Set(p.GetLabels())) })
		}
	}
	if o.Watch {
		return o.watch(ctx, reader, namespace)
	}
	snapshot, err := reader.Snapshot(ctx, namespace)
	if err != nil {
		return err
	}
	objects, err := o.pick(snapshot, namespace)
	if err != nil {
		return err
	}
	if len(objects) == 0 && o.table() {
		o.note("No %ss found %s.", o.kind, where(namespace))
		return nil
	}
	return o.print(objects)
}

// pick returns the objects that were named, or all, by namespace and name.
func (o *getObjects) pick(snapshot preview.Snapshot, namespace string) ([]stored, error) {
	all := o.objects(snapshot)
	slices.SortFunc(all, func(a, b stored) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
	if len(o.Names) == 0 {
		return all, nil
	}
	var out []stored
	var missing []error
	for _, name := range o.Names {
		found := false
		for _, one := range all {
			if one.GetName() == name {
				out, found = append(out, one), true
			}
		}
		if !found {
			missing = append(missing, notFound(o.kind, name, namespace, all))
		}
	}
	return out, errors.Join(missing...)
}

// notFound says that there is no such object, and which one may be meant.
func notFound(kind, name, namespace string, all []stored) error {
	names := make([]string, 0, len(all))
	for _, one := range all {
		names = append(names, one.GetName())
	}
	return fmt.Errorf("there is no %s %q %s%s", kind, name, where(namespace), suggest.Hint(name, names))
}

func (o *getObjects) print(objects []stored) error {
	switch {
	case isData(o.Output):
		for _, one := range objects {
			one.SetManagedFields(nil)
			one.GetObjectKind().SetGroupVersionKind(v1.GroupVersion.WithKind(o.kind))
		}
		if len(o.Names) == 1 && len(objects) == 1 {
			return printValue(o.Out, o.Output, objects[0])
		}
		return printValue(o.Out, o.Output, map[string]any{"apiVersion": "v1", "kind": "List", "items": emptyList(objects)})
	case o.Output == "name":
		for _, one := range objects {
			if _, err := fmt.Fprintf(o.Out, "%s.%s/%s\n", strings.ToLower(o.kind), v1.Group, one.GetName()); err != nil {
				return err
			}
		}
		return nil
	}
	return o.newTable().Print(o.rows(objects))
}

// watch lists, and goes on with each object that changes.
func (o *getObjects) watch(ctx context.Context, reader *trace.Reader, namespace string) error {
	shown, table := map[types.NamespacedName]string{}, o.newTable()
	err := reader.Follow(ctx, namespace, func(now preview.Snapshot) (bool, error) {
		objects, err := o.pick(now, namespace)
		if err != nil && len(shown) == 0 {
			return false, err
		}
		objects = slices.DeleteFunc(objects, func(one stored) bool {
			key, version := types.NamespacedName{Namespace: one.GetNamespace(), Name: one.GetName()}, one.GetResourceVersion()
			seen := shown[key] == version
			shown[key] = version
			return seen
		})
		if len(objects) == 0 {
			return false, nil
		}
		if o.Output == "name" {
			return false, o.print(objects)
		}
		return false, table.Print(o.rows(objects))
	})
	return interrupted(ctx, err)
}

func (o *getObjects) newTable() *terminal.Table {
	columns := o.columns
	if o.AllNamespaces {
		columns = append(terminal.Named("NAMESPACE"), columns...)
	}
	out := &terminal.Table{Screen: terminal.Of(o.Out), Columns: columns, Headless: o.NoHeaders}
	if o.wide() {
		out.Width = 0
	}
	return out
}

func (o *getObjects) rows(objects []stored) [][]terminal.Cell {
	var out [][]terminal.Cell
	for _, one := range objects {
		row := o.row(one)
		if o.AllNamespaces {
			row = append([]terminal.Cell{terminal.Text(one.GetNamespace())}, row...)
		}
		out = append(out, row)
	}
	return out
}

func (o *getObjects) providerRow(one stored) []terminal.Cell {
	p, _ := one.(*v1.ResourceSetInputProvider)
	row := []terminal.Cell{terminal.Text(p.Name), terminal.Text(p.Spec.Type), terminal.Text(dash(p.Spec.URL)), terminal.Text(fmt.Sprint(len(p.Status.ExportedInputs)))}
	return append(row, o.state(p, p.Status.Conditions)...)
}

func (o *getObjects) setRow(one stored) []terminal.Cell {
	s, _ := one.(*v1.ResourceSet)
	counts, objects := "-", 0
	if s.Status.PreviewCounts != nil {
		counts = fmt.Sprintf("%d/%d", s.Status.PreviewCounts.Ready, s.Status.PreviewCounts.Total)
	}
	if s.Status.Inventory != nil {
		objects = len(s.Status.Inventory.Entries)
	}
	return append([]terminal.Cell{terminal.Text(s.Name), terminal.Text(counts), terminal.Text(fmt.Sprint(objects))}, o.state(s, s.Status.Conditions)...)
}

// state is what both kinds end with.
func (o *getObjects) state(one stored, conditions []metav1.Condition) []terminal.Cell {
	ready, suspended := readyOf(conditions), terminal.Text("False")
	if v1.IsDisabled(one.GetAnnotations()) {
		suspended = terminal.Coloured("True", terminal.Yellow)
	}
	return []terminal.Cell{suspended, terminal.Coloured(string(ready.Status), styleOf(ready.Status)), terminal.Text(o.age(one.GetCreationTimestamp().Time)), terminal.Text(ready.Message)}
}

// readyOf returns the Ready condition; Unknown where there is none yet.
func readyOf(conditions []metav1.Condition) metav1.Condition {
	if ready := meta.FindStatusCondition(conditions, "Ready"); ready != nil {
		return *ready
	}
	return metav1.Condition{Status: metav1.ConditionUnknown, Message: "not reconciled yet"}
}

func providersIn(s preview.Snapshot) []stored {
	out := make([]stored, 0, len(s.Providers))
	for i := range s.Providers {
		out = append(out, &s.Providers[i])
	}
	return out
}

func setsIn(s preview.Snapshot) []stored {
	out := make([]stored, 0, len(s.Sets))
	for i := range s.Sets {
		out = append(out, &s.Sets[i])
	}
	return out
}
