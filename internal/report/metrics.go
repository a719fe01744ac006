package report

import (
	"context"
	"strconv"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

var (
	setLabels      = []string{"uid", "kind", "name", "exported_namespace", "ready", "reason", "suspended", "resources", "revision"}
	providerLabels = []string{"uid", "kind", "name", "exported_namespace", "ready", "reason", "suspended", "url"}
)

// scrapeTimeout bounds the reads of one scrape; they come from the cache.
const scrapeTimeout = 5 * time.Second

// Info collects flux_resourceset_info and flux_resourcesetinputprovider_info,
// one gauge of value 1 for each object. It reads the objects when it is
// scraped, so there is nothing to keep in step and nothing left behind.
type Info struct {
	// Reader is the manager's cache.
	Reader client.Reader

	set, provider, previews, held *prometheus.Desc
}

// NewInfo returns a collector over the objects that reader lists.
func NewInfo(reader client.Reader) *Info {
	return &Info{
		Reader:   reader,
		set:      prometheus.NewDesc("flux_resourceset_info", "The current status of a ResourceSet.", setLabels, nil),
		provider: prometheus.NewDesc("flux_resourcesetinputprovider_info", "The current status of a ResourceSetInputProvider.", providerLabels, nil),
		previews: prometheus.NewDesc("eddy_previews", "Previews of a ResourceSet, by their state: ready, failed or deploying.", []string{"exported_namespace", "name", "state"}, nil),
		held:     prometheus.NewDesc("eddy_requests_held", "Open requests that wait for a preview, or for the next commit of it, by reason.", []string{"exported_namespace", "name", "reason"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (i *Info) Describe(out chan<- *prometheus.Desc) {
	out <- i.set
	out <- i.provider
	out <- i.previews
	out <- i.held
}

// Collect implements prometheus.Collector. Before the cache is filled it
// collects what is there. It only reads, so nothing of what thousands of previews hold
// is copied.
func (i *Info) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()

	var sets v1.ResourceSetList
	if err := i.Reader.List(ctx, &sets, client.UnsafeDisableDeepCopy); err == nil {
		for n := range sets.Items {
			set := &sets.Items[n]
			labels := append(shared(set, v1.ResourceSetKind), strconv.Itoa(resources(set)), set.Status.LastAppliedRevision)
			out <- prometheus.MustNewConstMetric(i.set, prometheus.GaugeValue, 1, labels...)
			i.count(out, set)
		}
	}
	var providers v1.ResourceSetInputProviderList
	if err := i.Reader.List(ctx, &providers, client.UnsafeDisableDeepCopy); err == nil {
		for n := range providers.Items {
			provider := &providers.Items[n]
			labels := append(shared(provider, v1.ResourceSetInputProviderKind), provider.Spec.URL)
			out <- prometheus.MustNewConstMetric(i.provider, prometheus.GaugeValue, 1, labels...)
			for reason, n := range provider.Status.HeldCounts {
				out <- prometheus.MustNewConstMetric(i.held, prometheus.GaugeValue, float64(n), provider.Namespace, provider.Name, reason)
			}
		}
	}
}

// count counts the previews of a set; one that renders once has none.
func (i *Info) count(out chan<- prometheus.Metric, set *v1.ResourceSet) {
	counts := set.Status.PreviewCounts
	if counts == nil {
		return
	}
	for state, n := range map[string]int64{"ready": counts.Ready, "failed": counts.Failed, "deploying": counts.Unknown} {
		out <- prometheus.MustNewConstMetric(i.previews, prometheus.GaugeValue, float64(n), set.Namespace, set.Name, state)
	}
}

// shared returns the labels that both metrics share, in their order.
func shared(obj Object, kind string) []string {
	ready, reason := "Unknown", ""
	if c := conditions.Get(obj, meta.ReadyCondition); c != nil {
		ready, reason = string(c.Status), c.Reason
	}
	suspended := "False"
	if obj.IsDisabled() {
		suspended = "True"
	}
	return []string{string(obj.GetUID()), kind, obj.GetName(), obj.GetNamespace(), ready, reason, suspended}
}

func resources(set *v1.ResourceSet) int {
	if set.Status.Inventory == nil {
		return 0
	}
	return len(set.Status.Inventory.Entries)
}
