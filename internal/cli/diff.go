package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/diff"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// Exit codes of `eddy diff`, which are those of diff.
const (
	exitDifferent = 1
	exitTrouble   = 2
)

// showDiff are the options of `eddy diff`.
type showDiff struct {
	Streams
	*cluster

	Filenames     []string
	Kustomization string
	Output        string
}

func newDiffCommand(streams Streams) *cobra.Command {
	o := &showDiff{Streams: streams, cluster: newCluster(streams)}
	cmd := &cobra.Command{
		Use:   "diff -f FILE...",
		Short: "Show what applying manifests would change in the cluster",
		Long: `Show what applying manifests would change in the cluster, by a dry run on the
server.

Of a ResourceSet it is what the operator would stamp out, change and prune as
well, with what its providers export now. A provider among the files is
compared, but no forge is asked. Values of Secrets are masked. The dry run needs
the permission to apply.

What a Kustomization of Flux deploys is compared as Flux applies it: with its
patches, images, labels and variables. It is found by its spec.path, which is the
folder or one above it, and by what it has deployed. A folder with a
kustomization.yaml that none deploys is built by that alone.

Exit codes: 0 nothing would change, 1 something would, 2 something went wrong.`,
		Example: `  # Before a change of the templates is merged
  eddy diff -f resourceset.yaml

  # Of a folder, in a script
  eddy diff -f previews/ >changes.diff || [ $? -eq 1 ]

  # What a change of the overlay does to one preview
  eddy diff -f pr-template/ --kustomization app-dev/api-pr-1234`,
		Args: func(cmd *cobra.Command, args []string) error {
			return trouble(cobra.NoArgs(cmd, args))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.bind(cmd)
	cmd.Flags().StringSliceVarP(&o.Filenames, "filename", "f", nil, `files and folders with the manifests; "-" for standard input`)
	cmd.Flags().StringVar(&o.Kustomization, "kustomization", "", "[NAMESPACE/]`name` of the Kustomization that deploys the folders; found by their path when empty")
	bindOutput(cmd, &o.Output, "json", "yaml", "name", jsonPath)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return trouble(err) })
	return cmd
}

// trouble is an error with an exit code that is not taken for a difference.
func trouble(err error) error {
	if err == nil {
		return nil
	}
	return &ExitError{Code: exitTrouble, Err: err}
}

func (o *showDiff) run(ctx context.Context) error {
	if err := checkFormat(o.Output, "json", "yaml", "name", jsonPath); err != nil {
		return trouble(err)
	}
	if len(o.Filenames) == 0 {
		return trouble(errors.New("no manifests are given: name files or folders with -f"))
	}
	if err := o.checkFiles(); err != nil {
		return trouble(err)
	}
	cluster, err := o.connect()
	if err != nil {
		return trouble(err)
	}
	namespace, err := o.namespace()
	if err != nil {
		return trouble(err)
	}
	ignored := diff.Ignored{}
	manifests, err := o.manifests(ctx, diff.Repository{Client: cluster, Named: o.named(namespace), Warn: o.warn, Ignored: ignored})
	if err != nil {
		return trouble(err)
	}
	served, err := o.discovery()
	if err != nil {
		return trouble(err)
	}
	differ := diff.Differ{Client: cluster, Kinds: apply.NewKinds(served, o.now), Namespace: namespace, Ignored: ignored}
	result, err := differ.Compare(ctx, manifests)
	if err != nil {
		return trouble(err)
	}
	return o.print(result)
}

// named is the Kustomization that was named.
func (o *showDiff) named(namespace string) types.NamespacedName {
	if before, name, has := strings.Cut(o.Kustomization, "/"); has {
		return types.NamespacedName{Namespace: before, Name: name}
	}
	return types.NamespacedName{Namespace: namespace, Name: o.Kustomization}
}

// print prints the changes, and tells how many there are.
func (o *showDiff) print(result diff.Result) error {
	counts := map[apply.Action]int{}
	for _, change := range result.Changes {
		counts[change.Action()]++
	}
	show := o.printUnified
	if o.Output != "" {
		show = o.printData
	}
	if err := show(result.Changes); err != nil {
		return trouble(err)
	}
	for _, note := range result.Notes {
		o.warn("%s", note)
	}
	if len(result.Failed) > 0 {
		return trouble(fmt.Errorf("applying would fail: %w", errors.Join(result.Failed...)))
	}
	if len(result.Changes) == 0 {
		o.note("Nothing would change.")
		return nil
	}
	o.note("%d to create, %d to change, %d to delete.", counts[apply.Created], counts[apply.Configured], counts[apply.Deleted])
	return &ExitError{Code: exitDifferent}
}

// different is what -o json has of a change.
type different struct {
	Object string `json:"object"`
	// Action is created, configured or deleted.
	Action string `json:"action"`
	// Diff is unified, with the values of Secrets masked.
	Diff string `json:"diff"`
}

// printData prints the changes for a program.
func (o *showDiff) printData(changes []diff.Change) error {
	out := []different{}
	for _, change := range changes {
		if o.Output == "name" {
			if _, err := fmt.Fprintln(o.Out, change.Ref); err != nil {
				return err
			}
		}
		out = append(out, different{Object: change.Ref.String(), Action: string(change.Action()), Diff: change.Unified()})
	}
	if o.Output == "name" {
		return nil
	}
	return printValue(o.Out, o.Output, out)
}

// printUnified prints the changes for a person, or for patch.
func (o *showDiff) printUnified(changes []diff.Change) error {
	out := terminal.Of(o.Out)
	for _, change := range changes {
		for _, line := range strings.SplitAfter(change.Unified(), "\n") {
			if out.Obeys || out.Runner {
				line = terminal.Visible(line)
			}
			words := strings.TrimSuffix(line, "\n")
			if _, err := fmt.Fprint(out, diffStyle(line)(words), line[len(words):]); err != nil {
				return err
			}
		}
	}
	return nil
}

func diffStyle(line string) terminal.Style {
	switch {
	case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
		return terminal.Bold
	case strings.HasPrefix(line, "@@"):
		return terminal.Cyan
	case strings.HasPrefix(line, "+"):
		return terminal.Green
	case strings.HasPrefix(line, "-"):
		return terminal.Red
	default:
		return terminal.Plain
	}
}
