package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// showEvents are the options of `eddy events`.
type showEvents struct {
	onePreview
	Watch    bool
	Warnings bool

	Output    string
	NoHeaders bool
}

func newEventsCommand(streams Streams) *cobra.Command {
	o := &showEvents{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "events [PREVIEW]",
		Short: "Show the events of a preview, from its provider to its pods",
		Long: `Show the events of a preview, from its provider to its pods, oldest first;
without a name, those of all previews of the namespace, or of all with -A.

` + previewNames,
		Example: `  # What happened to preview 1234 of the service api, and what happens
  eddy events api/1234 --watch

  # What went wrong in the namespace, and in all of them
  eddy events --warnings
  eddy events --warnings -A`,
		Args:              oneArgAtMost,
		ValidArgsFunction: o.completePreview,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Name = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	o.bindScope(cmd)
	bindOutput(cmd, &o.Output, describeFormats()...)
	cmd.Flags().BoolVar(&o.NoHeaders, "no-headers", false, "leave out the first line, which names the columns")
	cmd.Flags().BoolVarP(&o.Watch, "watch", "w", false, "list, then go on with what happens")
	cmd.Flags().BoolVar(&o.Warnings, "warnings", false, "leave out what is normal")
	return cmd
}

func (o *showEvents) run(ctx context.Context) error {
	if err := checkFormat(o.Output, describeFormats()...); err != nil {
		return err
	}
	if o.Watch && isData(o.Output) {
		return fmt.Errorf("--watch goes with a table or with -o name, not with -o %s", o.Output)
	}
	members, err := o.members(ctx)
	if err != nil {
		return err
	}
	all, err := members.Events(ctx)
	if err != nil {
		return err
	}
	listed := o.pick(all)
	if isData(o.Output) {
		return o.printData(listed)
	}
	table := newEventTable(terminal.Of(o.Out))
	table.Headless = o.NoHeaders
	if o.AllNamespaces {
		table.Columns = append(terminal.Named("NAMESPACE"), table.Columns...)
	}
	if len(listed) > 0 {
		if err := o.print(table, listed); err != nil {
			return err
		}
	}
	if o.Watch {
		return interrupted(ctx, members.FollowEvents(ctx, all, func(one corev1.Event) error {
			return o.print(table, o.pick([]corev1.Event{one}))
		}))
	}
	if len(listed) == 0 {
		o.note("No events found: a cluster forgets them after an hour.")
	}
	return nil
}

// print prints events, one a line.
func (o *showEvents) print(table *terminal.Table, events []corev1.Event) error {
	if o.Output == "name" {
		for _, one := range events {
			if _, err := fmt.Fprintf(o.Out, "event/%s\n", one.Name); err != nil {
				return err
			}
		}
		return nil
	}
	rows := eventRows(o.Streams, events)
	if o.AllNamespaces {
		for i, one := range events {
			rows[i] = append([]terminal.Cell{terminal.Text(one.Namespace)}, rows[i]...)
		}
	}
	return table.Print(rows)
}

// printData prints a List of events, as kubectl does.
func (o *showEvents) printData(events []corev1.Event) error {
	for i := range events {
		events[i].SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Event"))
		events[i].ManagedFields = nil
	}
	return printValue(o.Out, o.Output, map[string]any{"apiVersion": "v1", "kind": "List", "items": emptyList(events)})
}

// members finds the objects whose events are asked for.
func (o *showEvents) members(ctx context.Context) (*trace.Members, error) {
	if o.Name != "" {
		one, err := o.find(ctx)
		if err != nil {
			return nil, err
		}
		return one.reader.Members(ctx, one.snapshot, one.View)
	}
	namespace, err := o.scope()
	if err != nil {
		return nil, err
	}
	reader, err := o.reader(o.Streams)
	if err != nil {
		return nil, err
	}
	snapshot, err := reader.Snapshot(ctx, namespace)
	if err != nil {
		return nil, err
	}
	return reader.Members(ctx, snapshot)
}

// pick leaves out what is normal, where only warnings are asked for.
func (o *showEvents) pick(events []corev1.Event) []corev1.Event {
	if !o.Warnings {
		return events
	}
	var out []corev1.Event
	for _, one := range events {
		if one.Type == corev1.EventTypeWarning {
			out = append(out, one)
		}
	}
	return out
}
