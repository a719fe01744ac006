package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/spf13/cobra"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/trace"
)

// onePreview are the options of commands about one preview.
type onePreview struct {
	Streams
	*cluster

	Name string
	// AllNamespaces looks in each; only some commands do.
	AllNamespaces bool
}

func newOnePreview(streams Streams) onePreview {
	return onePreview{Streams: streams, cluster: newCluster(streams)}
}

// found is a preview and what it was found in.
type found struct {
	preview.View
	reader   *trace.Reader
	snapshot preview.Snapshot
}

// bindScope adds the flag that makes a command look in all namespaces.
func (o *onePreview) bindScope(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "look in all namespaces")
}

// scope is the namespace to look in; "" for all.
func (o *onePreview) scope() (string, error) {
	if o.AllNamespaces {
		return "", nil
	}
	return o.namespace()
}

// find looks the preview up. Of a request that has none, the error says why.
func (o *onePreview) find(ctx context.Context) (found, error) {
	one, err := o.findRequest(ctx)
	if err == nil && !one.HasPreview() {
		return found{}, fmt.Errorf("%s has no preview: %s", one.Name, one.Standing())
	}
	return one, err
}

// findRequest looks the preview up, or the request that has none.
func (o *onePreview) findRequest(ctx context.Context) (found, error) {
	all, err := o.each(ctx, (*trace.Reader).Snapshot)
	if err != nil {
		return found{}, err
	}
	if len(all) > 1 {
		return found{}, fmt.Errorf("there is a preview %q in %d namespaces: %s; name one of them with -n", o.Name, len(all), listed(namespacesOf(all)))
	}
	return all[0], nil
}

// look is how a reader sees a namespace.
type look = func(*trace.Reader, context.Context, string) (preview.Snapshot, error)

// each looks the preview up in each namespace that has one; without a name it takes
// all there are. Requests that have none are among them.
func (o *onePreview) each(ctx context.Context, look look) ([]found, error) {
	reader, err := o.reader(o.Streams)
	if err != nil {
		return nil, err
	}
	namespace, err := o.scope()
	if err != nil {
		return nil, err
	}
	snapshot, err := look(reader, ctx, namespace)
	if err != nil {
		return nil, err
	}
	views := snapshot.Requests()
	if o.Name != "" {
		if views, err = o.named(views); err != nil {
			return nil, withWords(o.elsewhere(ctx, reader, namespace, err), snapshot.Asked(o.Name))
		}
	}
	out := make([]found, 0, len(views))
	for _, view := range views {
		out = append(out, found{View: view, reader: reader, snapshot: snapshot})
	}
	return out, nil
}

// named returns those that the name means, at most one of a namespace.
func (o *onePreview) named(views []preview.View) ([]preview.View, error) {
	if all := findAll(o.Name, views); len(all) > 0 {
		return all, nil
	}
	one, err := preview.Find(o.Name, views)
	return []preview.View{one}, err
}

// namespacesOf lists the namespaces of previews.
func namespacesOf(previews []found) []string {
	var out []string
	for _, p := range previews {
		out = append(out, p.Namespace)
	}
	return out
}

// withWords adds what the providers say that would export a preview which is not
// there: that its request waits behind a limit, or that the forge does not answer.
func withWords(err error, asked []v1.ResourceSetInputProvider) error {
	for _, provider := range asked {
		if said := conditions.GetMessage(&provider, meta.ReadyCondition); said != "" {
			err = fmt.Errorf("%w\nResourceSetInputProvider/%s says: %s", err, provider.Name, said)
		}
	}
	return err
}

// elsewhere says where a preview is that is not in the namespace.
func (o *onePreview) elsewhere(ctx context.Context, reader *trace.Reader, namespace string, err error) error {
	var missing *preview.NotFoundError
	if !errors.As(err, &missing) {
		return err
	}
	if namespace == "" {
		return absent(missing, namespace, "eddy get previews -A")
	}
	quiet := *reader
	quiet.Warn = func(string, ...any) {}
	all, listing := quiet.Snapshot(ctx, "")
	if listing != nil {
		return absent(missing, namespace, "eddy get previews") // others may not be read
	}
	if others := namespacesWith(missing.Name, all.Previews()); len(others) > 0 {
		return fmt.Errorf("there is no preview %q in namespace %s, but in %s: add -n %s", missing.Name, namespace, strings.Join(others, ", "), quoted(others[0]))
	}
	return absent(missing, namespace, "eddy get previews -A")
}

// absent says that a preview is not in a namespace: the name that is near or, as
// none is, the command that shows all.
func absent(missing *preview.NotFoundError, namespace, command string) error {
	hint := missing.Hint()
	if hint == "" {
		hint = ": see `" + command + "`"
	}
	return fmt.Errorf("there is no preview %q %s%s", missing.Name, where(namespace), hint)
}

// namespacesWith lists the namespaces that have a preview of a name.
func namespacesWith(name string, previews []preview.View) []string {
	var out []string
	for _, p := range findAll(name, previews) {
		out = append(out, p.Namespace)
	}
	return out
}

// findAll returns the preview that a name means in each namespace that has one.
func findAll(name string, previews []preview.View) []preview.View {
	var out []preview.View
	for len(previews) > 0 { // they are sorted by namespace
		namespace := previews[0].Namespace
		end := slices.IndexFunc(previews, func(p preview.View) bool { return p.Namespace != namespace })
		if end < 0 {
			end = len(previews)
		}
		if found, err := preview.Find(name, previews[:end]); err == nil {
			out = append(out, found)
		}
		previews = previews[end:]
	}
	return out
}

// parent makes a command that only has others below it.
func parent(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(children...)
	return cmd
}
