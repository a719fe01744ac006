package cli

import (
	"context"

	"github.com/spf13/cobra"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/control"
)

// newSuspendCommand returns `eddy suspend`, which lets objects rest.
func newSuspendCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "suspend",
		Short: "Let Eddy leave a provider or a ResourceSet alone",
		Example: `  # Previews stay as they are, whatever becomes of pull requests
  eddy suspend provider api-prs`,
	}
	for _, kind := range ourKinds() {
		t := &target{Streams: streams, cluster: newCluster(streams), kind: kind.kind}
		child := &cobra.Command{
			Use: kind.use, Aliases: kind.aliases, Args: oneArg,
			Short:             "Let Eddy leave a " + t.word() + " alone, and note who wanted it",
			Example:           "  eddy suspend " + t.word() + " " + exampleName(kind.kind),
			ValidArgsFunction: t.completeObjects(kind.kind),
			RunE:              oneName(&t.Name, t.suspend),
		}
		t.bind(child)
		cmd.AddCommand(child)
	}
	return beforeCommands(cmd, streams)
}

// newResumeCommand returns `eddy resume`.
func newResumeCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Let Eddy look after a provider or a ResourceSet again",
		Example: `  # Pull requests are looked at again, at once
  eddy resume provider api-prs`,
	}
	for _, kind := range ourKinds() {
		t := &target{Streams: streams, cluster: newCluster(streams), kind: kind.kind}
		child := &cobra.Command{
			Use: kind.use, Aliases: kind.aliases, Args: oneArg,
			Short:             "Let Eddy look after a " + t.word() + " again, at once",
			Example:           "  eddy resume " + t.word() + " " + exampleName(kind.kind),
			ValidArgsFunction: t.completeObjects(kind.kind),
			RunE:              oneName(&t.Name, t.resume),
		}
		t.bind(child)
		cmd.AddCommand(child)
	}
	return beforeCommands(cmd, streams)
}

func exampleName(kind string) string {
	if kind == v1.ResourceSetKind {
		return "api-pr-envs"
	}
	return "api-prs"
}

func (t *target) suspend(ctx context.Context) error {
	server, object, err := t.open(ctx)
	if err != nil {
		return err
	}
	if v1.IsDisabled(object.GetAnnotations()) {
		return t.done("%s is suspended already%s", describeObject(object), by(object))
	}
	if err := control.Suspend(ctx, server, object, server.whoami(ctx)); err != nil {
		return err
	}
	return t.done("%s is suspended%s: `%s` lets it go on", describeObject(object), by(object), t.command("eddy resume "+t.word()+" "+t.Name))
}

// by says who suspended an object.
func by(o stored) string {
	if who := o.GetAnnotations()[v1.SuspendedByAnnotation]; who != "" {
		return " by " + who
	}
	return ""
}

func (t *target) resume(ctx context.Context) error {
	server, object, err := t.open(ctx)
	if err != nil {
		return err
	}
	if !v1.IsDisabled(object.GetAnnotations()) {
		return t.done("%s is not suspended", describeObject(object))
	}
	if err := control.Resume(ctx, server, object); err != nil {
		return err
	}
	return t.done("%s is looked after again", describeObject(object))
}
