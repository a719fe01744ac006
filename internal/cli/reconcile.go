package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/control"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// newReconcileCommand returns `eddy reconcile`, which lets things happen now.
func newReconcileCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Ask the forge, stamp out and deploy now, not at the next interval",
		Example: `  # A pull request was labelled a moment ago
  eddy reconcile provider api-prs

  # Everything of one preview, and wait until it is ready
  eddy reconcile preview api/1234`,
	}
	cmd.AddCommand(newReconcilePreviewCommand(streams))
	for _, kind := range ourKinds() {
		cmd.AddCommand(newReconcileObjectCommand(streams, kind))
	}
	return ofPreviews(cmd, newReconcilePreviewCommand, streams)
}

// patience are the flags of commands that wait.
type patience struct {
	Wait    bool
	Timeout time.Duration
}

func (p *patience) bindPatience(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.Wait, "wait", true, "wait for the result")
	cmd.Flags().DurationVar(&p.Timeout, "timeout", 5*time.Minute, "how long to wait at most")
}

// reconcileObject are the options of `eddy reconcile provider|resourceset`.
type reconcileObject struct {
	target
	patience
	Force bool
}

func newReconcileObjectCommand(streams Streams, kind kindCommand) *cobra.Command {
	o := &reconcileObject{target: target{Streams: streams, cluster: newCluster(streams), kind: kind.kind}}
	cmd := &cobra.Command{
		Use: kind.use, Aliases: kind.aliases, Args: oneArg,
		Short:             "Let Eddy look at a " + o.word() + " now",
		Example:           "  eddy reconcile " + o.word() + " " + exampleName(kind.kind) + " --timeout=1m",
		ValidArgsFunction: o.completeObjects(kind.kind),
		RunE:              oneName(&o.Name, o.run),
	}
	o.bind(cmd)
	o.bindPatience(cmd)
	if kind.kind == v1.ResourceSetInputProviderKind {
		cmd.Flags().BoolVar(&o.Force, "force", false, "ask the forge whatever the provider's schedule says")
	}
	return cmd
}

func (o *reconcileObject) run(ctx context.Context) error {
	server, object, err := o.open(ctx)
	if err != nil {
		return err
	}
	run := reconciling{Streams: o.Streams, patience: o.patience, server: server}
	run.request.Force = o.Force
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	object, err = run.one(ctx, object)
	if err != nil || !o.Wait {
		return err
	}
	return run.result(ctx, object)
}

// reconciling asks for runs, and waits for them.
type reconciling struct {
	Streams
	patience
	server  apiServer
	request control.Request
}

// one asks for a run of one object, and waits until it has been.
func (r *reconciling) one(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	name := describeObject(object)
	if v1.IsDisabled(object.GetAnnotations()) && object.GroupVersionKind().Group == v1.Group {
		return nil, fmt.Errorf("%s is suspended%s: let it go on first, with `eddy resume %s %s -n %s`", name, by(object), wordOf(object.GetKind()), object.GetName(), object.GetNamespace())
	}
	if flux.IsSuspended(object) {
		return nil, fmt.Errorf("%s is suspended: let it go on first, with `flux resume %s %s -n %s`", name, strings.ToLower(object.GetKind()), object.GetName(), object.GetNamespace())
	}
	for {
		handled, err := r.ask(ctx, object)
		if err != nil || !r.Wait || !r.request.Lost(handled) {
			return handled, err
		}
	}
}

// ask asks for a run of an object once, and waits until it has been: that, or one which
// somebody asked for meanwhile.
func (r *reconciling) ask(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	name, force := describeObject(object), r.request.Force
	r.request = control.NewRequest(time.Now()) //nolint:forbidigo // it is to differ from each one before it
	r.request.Force = force
	if err := r.request.Send(ctx, r.server, object); err != nil {
		return nil, fmt.Errorf("asking for a run of %s: %w", name, err)
	}
	r.progress().Asked("%s is asked to run", name)
	if !r.Wait {
		return object, nil
	}
	r.progress().Waiting("waiting for it")
	handled, err := control.Await(ctx, r.server, object, r.request.Handled)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s was not looked at within %s: is its controller running?", name, r.Timeout)
	}
	return handled, err
}

// result waits until an object is ready or not, and says which.
func (r *reconciling) result(ctx context.Context, object *unstructured.Unstructured) error {
	name := describeObject(object)
	last := flux.Ready(object)
	settled, err := control.Await(ctx, r.server, object, func(now *unstructured.Unstructured) bool {
		last = flux.Ready(now)
		return last.Status != metav1.ConditionUnknown
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s is not ready after %s: %s", name, r.Timeout, last.Message)
	}
	if err != nil {
		return err
	}
	if last = flux.Ready(settled); last.Status == metav1.ConditionFalse {
		return fmt.Errorf("%s is not ready: %s: %s", name, last.Reason, terminal.OneLine(last.Message))
	}
	return r.done("%s is ready: %s", name, terminal.OneLine(last.Message))
}
