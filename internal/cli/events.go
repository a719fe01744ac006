package cli

import (
	"context"

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
}

func newEventsCommand(streams Streams) *cobra.Command {
	o := &showEvents{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "events [PREVIEW]",
		Short: "Show the events of a preview, from its provider to its pods",
		Long: `Show the events of a preview, from its provider to its pods, oldest first;
without a name, those of all previews of the namespace.

` + previewNames,
		Example: `  # What happened to preview 1234 of the service api, and what happens
  eddy events api/1234 --watch

  # What went wrong in the namespace
  eddy events --warnings`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completePreview,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Name = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	cmd.Flags().BoolVarP(&o.Watch, "watch", "w", false, "list, then go on with what happens")
	cmd.Flags().BoolVar(&o.Warnings, "warnings", false, "leave out what is normal")
	return cmd
}

func (o *showEvents) run(ctx context.Context) error {
	members, err := o.members(ctx)
	if err != nil {
		return err
	}
	all, err := members.Events(ctx)
	if err != nil {
		return err
	}
	table, listed := newEventTable(terminal.Of(o.Out)), o.pick(all)
	if len(listed) > 0 {
		if err := table.Print(eventRows(o.Streams, listed)); err != nil {
			return err
		}
	}
	if o.Watch {
		return interrupted(ctx, members.FollowEvents(ctx, all, func(one corev1.Event) error {
			return table.Print(eventRows(o.Streams, o.pick([]corev1.Event{one})))
		}))
	}
	if len(listed) == 0 {
		o.note("No events found: a cluster forgets them after an hour.")
	}
	return nil
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
	namespace, err := o.namespace()
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
