package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// previewNames says in a help how previews are named.
const previewNames = `A preview is called SERVICE/ID, as in api/1234: the name of its provider without
what such names end in (-prs, -pull-requests, …), and the number of the pull
request. The provider's and the ResourceSet's full names are understood as well
(api-prs/1234, api-pr-envs/1234), and the number alone where only one preview
has it.`

type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completePreviews suggests the previews there are, with their titles. Where the
// cluster does not answer there are none: a shell is no place for errors.
func (c *cluster) completePreviews(cmd *cobra.Command, taken []string, begun string) ([]string, cobra.ShellCompDirective) {
	reader, err := c.reader(Streams{Err: io.Discard})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	namespace, err := c.namespace()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	snapshot, err := reader.Snapshot(cmd.Context(), namespace)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, p := range snapshot.Previews() {
		if strings.HasPrefix(p.Name, begun) && !slices.Contains(taken, p.Name) {
			out = append(out, cobra.CompletionWithDesc(p.Name, terminal.OneLine(p.Title)))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completePreview suggests previews for the first argument alone.
func (c *cluster) completePreview(cmd *cobra.Command, taken []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(taken) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.completePreviews(cmd, taken, begun)
}

// completeObjects suggests the names of a kind of ours.
func (c *cluster) completeObjects(kind string) completion {
	return func(cmd *cobra.Command, taken []string, begun string) ([]string, cobra.ShellCompDirective) {
		namespace, err := c.namespace()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return c.completeNames(cmd, v1.GroupVersion.WithKind(kind), completing{taken: taken, begun: begun, namespace: namespace})
	}
}

func (c *cluster) completeNamespaces(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return c.completeNames(cmd, corev1.SchemeGroupVersion.WithKind("Namespace"), completing{begun: begun})
}

func (c *cluster) completeContexts(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	config, err := c.flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for name := range config.Contexts {
		if strings.HasPrefix(name, begun) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completing is what has been typed.
type completing struct {
	taken            []string
	begun, namespace string
}

func (c *cluster) completeNames(cmd *cobra.Command, kind schema.GroupVersionKind, typed completing) ([]string, cobra.ShellCompDirective) {
	server, err := c.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, err := server.all(cmd.Context(), kind, typed.namespace)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, one := range all {
		if strings.HasPrefix(one.GetName(), typed.begun) && !slices.Contains(typed.taken, one.GetName()) {
			out = append(out, one.GetName())
		}
	}
	slices.Sort(out)
	return out, cobra.ShellCompDirectiveNoFileComp
}
