package report

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Measures are what is counted of previews as it happens. The nil Measures counts
// nothing.
type Measures struct {
	ready  prometheus.Histogram
	met    prometheus.Histogram
	probes *prometheus.CounterVec
}

// NewMeasures returns measures that are all zero; results are those of a probe.
func NewMeasures(results []string) *Measures {
	m := &Measures{
		ready: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eddy_preview_ready_seconds", Help: "Time from a commit that was seen first to its preview being ready.",
			Buckets: []float64{5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600},
		}),
		met: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "eddy_gate_wait_seconds", Help: "Time from a commit that was seen first to its evidence being there.",
			Buckets: []float64{1, 10, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600},
		}),
		probes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "eddy_probes_total", Help: "Questions to the URLs of previews, by what came of them.",
		}, []string{"result"}),
	}
	for _, result := range results {
		m.probes.WithLabelValues(result)
	}
	return m
}

// Probed counts a question to a URL.
func (m *Measures) Probed(result string) {
	if m != nil {
		m.probes.WithLabelValues(result).Inc()
	}
}

// BecameReady counts a preview that is ready, so long after its commit was seen.
func (m *Measures) BecameReady(after time.Duration) {
	if m != nil {
		m.ready.Observe(after.Seconds())
	}
}

// Met counts a commit whose evidence is there, so long after it was seen.
func (m *Measures) Met(after time.Duration) {
	if m != nil {
		m.met.Observe(after.Seconds())
	}
}

// Describe implements prometheus.Collector.
func (m *Measures) Describe(out chan<- *prometheus.Desc) {
	m.ready.Describe(out)
	m.met.Describe(out)
	m.probes.Describe(out)
}

// Collect implements prometheus.Collector.
func (m *Measures) Collect(out chan<- prometheus.Metric) {
	m.ready.Collect(out)
	m.met.Collect(out)
	m.probes.Collect(out)
}
