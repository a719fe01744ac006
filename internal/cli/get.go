package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/suggest"
	"github.com/eddy-previews/eddy/internal/trace"
)

// newGetCommand returns `eddy get`, which lists.
func newGetCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get",
		Short: "List previews, providers and ResourceSets",
		Example: `  # The previews of the current namespace, and of all of them
  eddy get previews
  eddy get previews -A`,
	}
	cmd.AddCommand(newGetPreviewsCommand(streams), newGetProvidersCommand(streams), newGetResourceSetsCommand(streams))
	return cmd
}

// listing are the options of every `eddy get`.
type listing struct {
	Streams
	*cluster

	AllNamespaces bool
	Selector      string
	Output        string
	Watch         bool
}

func newListing(streams Streams) listing { return listing{Streams: streams, cluster: newCluster()} }

// bindListing adds the flags of a listing.
func (l *listing) bindListing(cmd *cobra.Command) {
	l.bind(cmd)
	flags := cmd.Flags()
	flags.BoolVarP(&l.AllNamespaces, "all-namespaces", "A", false, "list those of all namespaces")
	flags.StringVarP(&l.Selector, "selector", "l", "", "labels of the objects; of previews, of their ResourceSet")
	flags.StringVarP(&l.Output, "output", "o", "", "wide, json, yaml or name")
	flags.BoolVarP(&l.Watch, "watch", "w", false, "list, then go on with what changes")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

func formats() []string { return []string{"wide", "json", "yaml", "name"} }

// wide reports whether nothing is left out.
func (l *listing) wide() bool { return l.Output == "wide" }

// table reports whether people read it.
func (l *listing) table() bool { return l.Output == "" || l.wide() }

// scope is the namespace to list; "" for all.
func (l *listing) scope() (string, error) {
	if l.AllNamespaces {
		return "", nil
	}
	return l.namespace()
}

// where is the scope in words.
func where(namespace string) string {
	if namespace == "" {
		return "in any namespace"
	}
	return "in namespace " + namespace
}

// open checks the flags and returns what reads.
func (l *listing) open() (*trace.Reader, string, error) {
	switch l.Output {
	case "", "wide", "json", "yaml", "name":
	default:
		return nil, "", fmt.Errorf("--output: there is no format %q; expected %s%s", l.Output, strings.Join(formats(), ", "), suggest.Hint(l.Output, formats()))
	}
	if l.Watch && !l.table() && l.Output != "name" {
		return nil, "", fmt.Errorf("--watch goes with a table or with -o name, not with -o %s", l.Output)
	}
	selector, err := labels.Parse(l.Selector)
	if err != nil {
		return nil, "", fmt.Errorf("--selector: %w", err)
	}
	namespace, err := l.scope()
	if err != nil {
		return nil, "", err
	}
	reader, err := l.reader(l.Streams)
	if err != nil {
		return nil, "", err
	}
	reader.Selector = selector
	return reader, namespace, nil
}

// printValue writes data as JSON or YAML.
func printValue(out io.Writer, format string, value any) error {
	if format == "yaml" {
		text, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// age is how long ago something was, as kubectl tells it.
func (s Streams) age(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return duration.HumanDuration(max(0, s.now().Sub(at))) // clocks differ
}

// timeOf is a time that may not be known.
func timeOf(at *metav1.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.Time
}

// emptyList is a list in JSON where there is none.
func emptyList[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
