package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"

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
	return ofPreviews(cmd, newGetPreviewsCommand, streams)
}

// listing are the options of every `eddy get`.
type listing struct {
	Streams
	*cluster

	AllNamespaces bool
	Selector      string
	Output        string
	Watch         bool
	NoHeaders     bool
}

func newListing(streams Streams) listing {
	return listing{Streams: streams, cluster: newCluster(streams)}
}

// bindListing adds the flags of a listing.
func (l *listing) bindListing(cmd *cobra.Command) {
	l.bind(cmd)
	flags := cmd.Flags()
	flags.BoolVarP(&l.AllNamespaces, "all-namespaces", "A", false, "list those of all namespaces")
	flags.StringVarP(&l.Selector, "selector", "l", "", "labels of the objects; of previews, of their ResourceSet")
	flags.BoolVarP(&l.Watch, "watch", "w", false, "list, then go on with what changes")
	flags.BoolVar(&l.NoHeaders, "no-headers", false, "leave out the first line, which names the columns")
	bindOutput(cmd, &l.Output, formats()...)
}

func formats() []string { return []string{"wide", "json", "yaml", "name", jsonPath} }

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
	if err := checkFormat(l.Output, formats()...); err != nil {
		return nil, "", err
	}
	if l.Watch && isData(l.Output) {
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
