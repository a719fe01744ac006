package source

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// newCalls counts what forges were asked.
func newCalls() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eddy_forge_requests_total",
		Help: "Requests to a forge, by host and by what it answered: 2xx, 304 (nothing is new), 3xx, 4xx, 5xx, or none.",
	}, []string{"host", "code"})
}

func remainingDesc() *prometheus.Desc {
	return prometheus.NewDesc("eddy_forge_rate_limit_remaining",
		"Requests that a forge still answers before its rate limit is reset; the least of all credentials.", []string{"host"}, nil)
}

func waitDesc() *prometheus.Desc {
	return prometheus.NewDesc("eddy_forge_wait_until_timestamp_seconds",
		"Until when a forge wants to be left alone, in seconds since 1970; the latest of all credentials.", []string{"host"}, nil)
}

// codeOf is the label of an answer; nil is none.
func codeOf(resp *http.Response) string {
	switch {
	case resp == nil:
		return "none"
	case resp.StatusCode == http.StatusNotModified:
		return "304"
	default:
		return fmt.Sprintf("%dxx", resp.StatusCode/100)
	}
}

// Describe implements prometheus.Collector.
func (c *Clients) Describe(out chan<- *prometheus.Desc) {
	c.calls.Describe(out)
	out <- remainingDesc()
	out <- waitDesc()
}

// Collect implements prometheus.Collector.
func (c *Clients) Collect(out chan<- prometheus.Metric) {
	c.calls.Collect(out)
	for host, remaining := range c.limits.remaining() {
		out <- prometheus.MustNewConstMetric(remainingDesc(), prometheus.GaugeValue, float64(remaining), host)
	}
	for host, until := range c.limits.waits() {
		out <- prometheus.MustNewConstMetric(waitDesc(), prometheus.GaugeValue, float64(until), host)
	}
}

// remaining is the least budget by host, of those that are not reset by now.
func (l *limits) remaining() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int{}
	for who, left := range l.budgets {
		least, seen := out[who.host]
		if left.reset.After(l.now()) && (!seen || left.remaining < least) {
			out[who.host] = left.remaining
		}
	}
	return out
}

// waits is the latest wait by host that is not over, in seconds since 1970.
func (l *limits) waits() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int64{}
	for who, held := range l.holds {
		if held.until.After(l.now()) {
			out[who.host] = max(out[who.host], held.until.Unix())
		}
	}
	return out
}
