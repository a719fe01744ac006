package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/local"
	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

type upOptions struct {
	dir  string
	node string
	crds []string
	runs []string
	// withoutNode are runs for where no pod can run.
	withoutNode []string
	detach      bool

	restLater bool
}

func newUp() *cobra.Command {
	o := &upOptions{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a system: Kubernetes, Flux, Gitea and, where possible, a node",
		Long: `Start a system, building what is missing, and keep it until Ctrl-C. With
--detach it goes on in the background once all is ready, until cluster down.
Its state stays in the folder; cluster down removes it.`,
		Example: `  cluster up --detach --crds config/crd --run 'eddy=bin/eddy operator --provider-networks=public,private,loopback'
  cluster up --dir /tmp/second --node off`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	dirFlag(cmd, &o.dir)
	flags := cmd.Flags()
	flags.StringVar(&o.node, "node", string(local.NodeAuto), "run pods: auto (where the machine can), on (fail where it cannot), off")
	flags.StringArrayVar(&o.crds, "crds", nil, "apply the CRDs in this folder (can be repeated)")
	flags.StringArrayVar(&o.runs, "run", nil, "NAME=COMMAND: a program to run beside the system once it is ready (can be repeated)")
	flags.StringArrayVar(&o.withoutNode, "run-without-node", nil, "NAME=COMMAND: as --run, only where there is no node to run it in a pod (can be repeated)")
	flags.BoolVar(&o.restLater, "rest-later", false, "be ready without what a first preview does not need (Helm, notifications, registry); build and start it after that")
	flags.BoolVar(&o.detach, "detach", false, "return once all is ready, and leave the system running")
	return cmd
}

func (o *upOptions) run(cmd *cobra.Command) error {
	folder, err := folderOf(o.dir)
	if err != nil {
		return err
	}
	options, err := o.options(cmd, folder)
	if err != nil {
		return err
	}
	if !o.detach {
		return local.Up(cmd.Context(), options, func(info *system.Info) {
			printSummary(cmd.OutOrStdout(), info)
		})
	}
	info, err := local.Detach(cmd.Context(), folder, o.supervisorArgs(folder, options), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	printSummary(cmd.OutOrStdout(), info)
	return nil
}

// options checks the flags, so that a typo is told at once and not after
// everything has started.
func (o *upOptions) options(cmd *cobra.Command, folder local.Folder) (local.Options, error) {
	options := local.Options{
		Folder: folder, Node: local.NodeMode(o.node),
		Progress: progress.New(cmd.ErrOrStderr()), RestLater: o.restLater,
	}
	switch options.Node {
	case local.NodeAuto, local.NodeOn, local.NodeOff:
	default:
		return options, fmt.Errorf("--node %q: want auto, on or off", o.node)
	}
	var errs [2]error
	options.Runs, errs[0] = parseRuns(o.runs)
	options.WithoutNode, errs[1] = parseRuns(o.withoutNode)
	if err := errors.Join(errs[:]...); err != nil {
		return options, err
	}
	for _, dir := range o.crds {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return options, err
		}
		options.CRDs = append(options.CRDs, abs)
	}
	var err error
	options.Builder, err = toolchain.NewBuilder(options.Progress)
	return options, err
}

func parseRuns(texts []string) ([]local.Run, error) {
	var out []local.Run
	for _, text := range texts {
		run, err := local.ParseRun(text)
		if err != nil {
			return nil, err
		}
		out = append(out, run)
	}
	return out, nil
}

// supervisorArgs is the same command in the foreground.
func (o *upOptions) supervisorArgs(folder local.Folder, options local.Options) []string {
	args := []string{"up", "--dir", string(folder), "--node", o.node}
	for _, dir := range options.CRDs {
		args = append(args, "--crds", dir)
	}
	for _, run := range o.runs {
		args = append(args, "--run", run)
	}
	for _, run := range o.withoutNode {
		args = append(args, "--run-without-node", run)
	}
	if o.restLater {
		args = append(args, "--rest-later")
	}
	return args
}

func printSummary(out io.Writer, info *system.Info) {
	lines := []string{
		"",
		"The system is ready.",
		"",
		"  export KUBECONFIG=" + info.Kubeconfig,
		"  " + filepath.Join(info.Dir, "kubectl") + " get all --all-namespaces",
		"",
		"  Kubernetes    " + info.APIServer,
		"  Gitea         " + info.Gitea.URL + "  (" + info.Gitea.Username + ", password " + info.Gitea.Password + ")",
	}
	if info.Ingress != nil {
		lines = append(lines, "  Ingress       "+info.Ingress.URL+"  (curl -H 'Host: NAME' "+info.Ingress.URL+")")
	}
	if info.Registry != nil {
		lines = append(lines, "  Registry      "+info.Registry.Host+"  (HTTP, no login)")
	}
	if len(info.Coming) > 0 {
		lines = append(lines, "  Being built   "+strings.Join(info.Coming, ", "))
	}
	if info.Node != nil {
		lines = append(lines, "  Node          "+info.Node.Name)
	}
	lines = append(lines,
		"  Logs          "+info.Logs,
		"  For programs  "+filepath.Join(info.Dir, system.File),
	)
	for _, missing := range info.Missing {
		lines = append(lines, "", "  Missing: "+missing)
	}
	// A summary that cannot be printed must not end the system.
	_, _ = fmt.Fprintln(out, strings.Join(lines, "\n"))
}
