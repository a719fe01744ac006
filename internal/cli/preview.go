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
}

func newOnePreview(streams Streams) onePreview {
	return onePreview{Streams: streams, cluster: newCluster()}
}

// found is a preview and what it was found in.
type found struct {
	preview.View
	reader   *trace.Reader
	snapshot preview.Snapshot
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
	return o.findIn(ctx, (*trace.Reader).Snapshot)
}

// observe is findRequest, and whether what was deployed runs.
func (o *onePreview) observe(ctx context.Context) (found, error) {
	return o.findIn(ctx, (*trace.Reader).Observe)
}

// findIn looks up what a reader sees in the namespace.
func (o *onePreview) findIn(ctx context.Context, look func(*trace.Reader, context.Context, string) (preview.Snapshot, error)) (found, error) {
	reader, err := o.reader(o.Streams)
	if err != nil {
		return found{}, err
	}
	namespace, err := o.namespace()
	if err != nil {
		return found{}, err
	}
	snapshot, err := look(reader, ctx, namespace)
	if err != nil {
		return found{}, err
	}
	view, err := preview.Find(o.Name, snapshot.Requests())
	if err != nil {
		return found{}, withWords(elsewhere(ctx, reader, namespace, err), snapshot.Asked(o.Name))
	}
	return found{View: view, reader: reader, snapshot: snapshot}, nil
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
func elsewhere(ctx context.Context, reader *trace.Reader, namespace string, err error) error {
	var missing *preview.NotFoundError
	if !errors.As(err, &missing) {
		return err
	}
	quiet := *reader
	quiet.Warn = func(string, ...any) {}
	all, listing := quiet.Snapshot(ctx, "")
	if listing != nil {
		return absent(missing, namespace, "eddy get previews") // others may not be read
	}
	if others := namespacesWith(missing.Name, all.Requests()); len(others) > 0 {
		return fmt.Errorf("there is no preview %q in namespace %s, but in %s: add -n %s", missing.Name, namespace, strings.Join(others, ", "), others[0])
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
