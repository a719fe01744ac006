package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// describePreview are the options of `eddy describe preview`.
type describePreview struct {
	onePreview
	Output string
}

func newDescribePreviewCommand(streams Streams) *cobra.Command {
	o := &describePreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "preview NAME",
		Short: "Show the chain of a preview, and why it does not work",
		Long: `Show a preview from its pull request to its pods, and why it does not work; of a
request that has no preview, what it waits for.

The probable causes come first, each with the object that it was found on and
what to do; then the chain of objects, and their last events. The exit code is 0
whatever state the preview is in: eddy wait preview is for scripts.

` + previewNames,
		Example: `  # Preview 1234 of the service api
  eddy describe preview api/1234

  # The causes alone, for a script
  eddy describe preview api/1234 -o json | jq -r '.findings[].cause'`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	cmd.Flags().StringVarP(&o.Output, "output", "o", "", "json or yaml")
	return cmd
}

func (o *describePreview) run(ctx context.Context) error {
	switch o.Output {
	case "", "json", "yaml":
	default:
		return fmt.Errorf("--output: there is no format %q; expected json or yaml", o.Output)
	}
	one, err := o.observe(ctx)
	if err != nil {
		return err
	}
	if !one.HasPreview() {
		return o.describeRequest(one.View)
	}
	root, err := one.reader.Tree(ctx, one.snapshot, one.View)
	if err != nil {
		return err
	}
	report := diagnose.Explain(root, o.now())
	if o.Output != "" {
		return printValue(o.Out, o.Output, describedOf(one.View, report))
	}
	page := page{Streams: o.Streams, Screen: terminal.Of(o.Out)}
	page.preview(one.View)
	page.findings(one.View, report.Findings)
	page.chain(one.View, report.Root)
	page.events(eventsOf(root))
	return page.err
}

// describeRequest describes a request that has no preview.
func (o *describePreview) describeRequest(of preview.View) error {
	if o.Output != "" {
		return printValue(o.Out, o.Output, described{Preview: of, Findings: []describedFinding{}, Objects: []describedState{}})
	}
	page := page{Streams: o.Streams, Screen: terminal.Of(o.Out)}
	page.preview(of)
	return page.err
}

// described is what -o json prints.
type described struct {
	Preview  preview.View       `json:"preview"`
	Findings []describedFinding `json:"findings"`
	Objects  []describedState   `json:"objects"`
}

type describedFinding struct {
	Cause   string     `json:"cause"`
	Object  string     `json:"object"`
	Also    []string   `json:"also,omitempty"`
	Message string     `json:"message"`
	Advice  string     `json:"advice,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

type describedState struct {
	Object  string     `json:"object"`
	State   string     `json:"state"`
	Message string     `json:"message,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
}

func describedOf(p preview.View, report diagnose.Report) described {
	out := described{Preview: p, Findings: []describedFinding{}}
	for _, f := range report.Findings {
		line := describedFinding{Cause: f.Cause, Object: full(f.On), Message: f.Words, Advice: f.Advice, Since: known(f.Since)}
		for _, other := range f.Also {
			line.Also = append(line.Also, full(other))
		}
		out.Findings = append(out.Findings, line)
	}
	var visit func(*diagnose.Judged)
	visit = func(n *diagnose.Judged) {
		out.Objects = append(out.Objects, describedState{full(n.ID), string(n.State), n.Message, known(n.Since)})
		for _, child := range n.Children {
			visit(child)
		}
	}
	visit(report.Root)
	return out
}

// known is a time, nil when it is not known.
func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// full names an object: Kind/namespace/name.
func full(id object.ObjMetadata) string {
	if id.Namespace == "" {
		return id.GroupKind.Kind + "/" + id.Name
	}
	return id.GroupKind.Kind + "/" + id.Namespace + "/" + id.Name
}
