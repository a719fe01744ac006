package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/eddy-previews/eddy/internal/suggest"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// showLogs are the options of `eddy logs`.
type showLogs struct {
	onePreview
	Follow    bool
	Container string
	All       bool
	Since     time.Duration
	Tail      int64
	Previous  bool
}

func newLogsCommand(streams Streams) *cobra.Command {
	o := &showLogs{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "logs PREVIEW",
		Short: "Print the logs of a preview's pods",
		Long: `Print the logs of a preview's pods: those of what its Kustomizations and
HelmReleases deployed, and of what the ResourceSet applied itself. Of each pod
it is the container that kubectl would take, unless told otherwise. Where there
is more than one, each line begins with the name of its pod and container.

` + previewNames,
		Example: `  # What preview 1234 of the service api says, and goes on to say
  eddy logs api/1234 -f

  # The last quarter of an hour of all containers, init containers included
  eddy logs api/1234 --all --since=15m

  # The last words of a container that crashed
  eddy logs api/1234 -c api --previous`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	flags := cmd.Flags()
	flags.BoolVarP(&o.Follow, "follow", "f", false, "go on with what is logged, by new pods too")
	flags.StringVarP(&o.Container, "container", "c", "", "the container of this name alone")
	flags.BoolVar(&o.All, "all", false, "all containers, init containers included")
	flags.DurationVar(&o.Since, "since", 0, "what is newer alone, such as 15m")
	flags.Int64Var(&o.Tail, "tail", -1, "this many lines of each container at most; -1 for all")
	flags.BoolVarP(&o.Previous, "previous", "p", false, "what the container said before it was restarted")
	cmd.MarkFlagsMutuallyExclusive("container", "all")
	cmd.MarkFlagsMutuallyExclusive("follow", "previous")
	return cmd
}

func (o *showLogs) run(ctx context.Context) error {
	one, err := o.find(ctx)
	if err != nil {
		return err
	}
	members, err := one.reader.Members(ctx, one.snapshot, one.View)
	if err != nil {
		return err
	}
	pods, err := members.Pods(ctx)
	if err != nil {
		return err
	}
	read, err := o.logs()
	if err != nil {
		return err
	}
	sources, err := o.sources(pods)
	if err != nil {
		return err
	}
	out := terminal.LogOn(o.Out)
	out.Prefixed = len(sources) > 1 || o.Follow
	if o.Follow {
		return o.follow(ctx, members, &tail{showLogs: o, read: read, out: out})
	}
	if len(pods) == 0 {
		return fmt.Errorf("%s has no pods: see `%s`", one.Name, "eddy describe preview "+one.Name)
	}
	return o.printAll(ctx, &tail{showLogs: o, read: read, out: out}, sources)
}

// printAll prints one container after the other. That some cannot be read is
// told, that none can is an error.
func (o *showLogs) printAll(ctx context.Context, t *tail, sources []logSource) error {
	failed := 0
	var last error
	for _, source := range sources {
		if err := t.copy(ctx, source); err != nil {
			failed, last = failed+1, err
			if len(sources) > 1 {
				o.warn("%s: %s", source, err)
			}
		}
	}
	if failed == len(sources) && last != nil {
		return last
	}
	return nil
}

// follow copies the logs of each container as soon as it has any.
func (o *showLogs) follow(ctx context.Context, members *trace.Members, t *tail) error {
	begun := map[string]bool{}
	return interrupted(ctx, members.FollowPods(ctx, func(pod corev1.Pod) {
		sources, err := o.sources([]corev1.Pod{pod})
		if err != nil {
			return // a pod without such a container has nothing to say
		}
		for _, source := range sources {
			run := source.run()
			if run == "" || begun[run] {
				continue
			}
			begun[run] = true
			go func() {
				if err := t.copy(ctx, source); err != nil && ctx.Err() == nil {
					o.warn("%s: %s", source, err)
				}
			}()
		}
	}))
}

// sources lists the containers whose logs are asked for.
func (o *showLogs) sources(pods []corev1.Pod) ([]logSource, error) {
	var out []logSource
	var names []string
	for _, pod := range pods {
		for _, name := range containersOf(pod) {
			names = append(names, name)
			if o.wants(pod, name) {
				out = append(out, logSource{pod, name})
			}
		}
	}
	if len(out) == 0 && len(names) > 0 {
		return nil, fmt.Errorf("no pod of %s has a container %q%s", o.Name, o.Container, suggest.Hint(o.Container, names))
	}
	return out, nil
}

func (o *showLogs) wants(pod corev1.Pod, container string) bool {
	switch {
	case o.All:
		return true
	case o.Container != "":
		return container == o.Container
	default:
		return container == defaultContainer(pod)
	}
}

// defaultContainer is the one that kubectl takes.
func defaultContainer(pod corev1.Pod) string {
	if name := pod.Annotations["kubectl.kubernetes.io/default-container"]; slices.Contains(containersOf(pod), name) {
		return name
	}
	return pod.Spec.Containers[0].Name // a pod has one at least
}

func containersOf(pod corev1.Pod) []string {
	var out []string
	for _, c := range pod.Spec.InitContainers {
		out = append(out, c.Name)
	}
	for _, c := range pod.Spec.Containers {
		out = append(out, c.Name)
	}
	return out
}
