package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// describePreview are the options of `eddy describe preview`.
type describePreview struct {
	onePreview
	Output string
}

func newDescribePreviewCommand(streams Streams) *cobra.Command {
	o := &describePreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:     "preview [NAME]",
		Aliases: []string{"previews"},
		Short:   "Show the chain of a preview, and why it does not work",
		Long: `Show a preview from its pull request to its pods, and why it does not work; of a
request that has no preview, what it waits for.

The probable causes come first, each with the object that it was found on and
what to do; then the chain of objects, and their last events. Without a name it is
each preview that there is. The exit code is 0 whatever state a preview is in:
eddy wait preview is for scripts.

` + previewNames,
		Example: `  # Preview 1234 of the service api
  eddy describe preview api/1234

  # The causes alone, for a script
  eddy describe preview api/1234 -o jsonpath='{.findings[*].cause}'`,
		Args:              oneArgAtMost,
		ValidArgsFunction: o.completePreview,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = ""
			if len(args) > 0 {
				o.Name = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	o.bindScope(cmd)
	bindOutput(cmd, &o.Output, describeFormats()...)
	return cmd
}

func describeFormats() []string { return []string{"json", "yaml", "name", jsonPath} }

func (o *describePreview) run(ctx context.Context) error {
	if err := checkFormat(o.Output, describeFormats()...); err != nil {
		return err
	}
	all, err := o.each(ctx, (*trace.Reader).Observe)
	if err != nil {
		return err
	}
	if o.Output != "" {
		return o.printData(ctx, all)
	}
	for i, one := range all {
		if i > 0 {
			_, _ = fmt.Fprintln(o.Out) // the next line tells of what is wrong with it
		}
		if err := o.describe(ctx, one); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		namespace, err := o.scope()
		o.note("No previews found %s.", where(namespace))
		return err
	}
	return nil
}

// describe prints the page of one preview.
func (o *describePreview) describe(ctx context.Context, one found) error {
	if !one.HasPreview() {
		return o.describeRequest(one.View)
	}
	root, err := one.reader.Tree(ctx, one.snapshot, one.View)
	if err != nil {
		return err
	}
	report := o.explain(one, root)
	page := page{Streams: o.Streams, Screen: terminal.Of(o.Out)}
	page.preview(one.View)
	page.findings(one.View, report.Findings)
	page.chain(one.View, report.Root)
	page.events(eventsOf(root))
	return page.err
}

// describeRequest prints a request that has no preview.
func (o *describePreview) describeRequest(of preview.View) error {
	page := page{Streams: o.Streams, Screen: terminal.Of(o.Out)}
	page.preview(of)
	return page.err
}

// explain says why a preview does not work, and completes the commands of what to do.
func (o *describePreview) explain(one found, root *diagnose.Node) diagnose.Report {
	report := diagnose.Explain(root, o.now())
	for i, f := range report.Findings {
		advice := strings.ReplaceAll(f.Advice, "PREVIEW", quoted(one.Name))
		report.Findings[i].Advice = o.within(one.Namespace, advice)
	}
	return report
}

// printData prints for a program: one preview that was named, or a list.
func (o *describePreview) printData(ctx context.Context, all []found) error {
	out := []described{}
	for _, one := range all {
		if !one.HasPreview() {
			out = append(out, described{Preview: one.View, Findings: []describedFinding{}, Objects: []describedState{}})
			continue
		}
		root, err := one.reader.Tree(ctx, one.snapshot, one.View)
		if err != nil {
			return err
		}
		report := o.explain(one, root)
		if o.Output == "name" {
			err = o.printNames(report.Root)
		}
		if err != nil {
			return err
		}
		out = append(out, describedOf(one.View, report))
	}
	switch {
	case o.Output == "name":
		return nil
	case o.Name != "" && len(out) == 1:
		return printValue(o.Out, o.Output, out[0])
	default:
		return printValue(o.Out, o.Output, out)
	}
}

// printNames prints the objects of a chain as kubectl names them.
func (o *describePreview) printNames(n *diagnose.Judged) error {
	kind := n.ID.GroupKind()
	kind.Kind = strings.ToLower(kind.Kind)
	if _, err := fmt.Fprintf(o.Out, "%s/%s\n", kind, n.ID.Name); err != nil {
		return err
	}
	for _, child := range n.Children {
		if err := o.printNames(child); err != nil {
			return err
		}
	}
	return nil
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
		line := describedFinding{Cause: f.Cause, Object: f.On.String(), Message: f.Words, Advice: f.Advice, Since: known(f.Since)}
		for _, other := range f.Also {
			line.Also = append(line.Also, other.String())
		}
		out.Findings = append(out.Findings, line)
	}
	var visit func(*diagnose.Judged)
	visit = func(n *diagnose.Judged) {
		out.Objects = append(out.Objects, describedState{n.ID.String(), string(n.State), n.Message, known(n.Since)})
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
