package transport

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eddy-previews/eddy/internal/lru"
)

// maxHosts bounds how many hosts the metrics tell of: that which was asked
// longest ago is forgotten first.
const maxHosts = 200

// calls counts what hosts were asked, as long as they are.
type calls struct {
	mu      sync.Mutex
	hosts   *lru.Cache[Host, struct{}]
	counter *prometheus.CounterVec
}

func newCalls() *calls {
	c := &calls{hosts: lru.New[Host, struct{}](maxHosts), counter: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eddy_forge_requests_total",
		Help: "Requests to a forge, by host and by what it answered: 2xx, 304 (nothing is new), 3xx, 4xx, 5xx, or none.",
	}, []string{"host", "code"})}
	c.hosts.Dropped = func(gone Host) { c.counter.DeletePartialMatch(prometheus.Labels{"host": string(gone)}) }
	return c
}

// count takes notice of an answer, nil for none. The host is that of a
// provider, not one that somebody else has named: whom a registry sends its
// clients to counts as the registry.
func (c *calls) count(at Host, resp *http.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.hosts.Get(at); !known {
		c.hosts.Put(at, struct{}{}, 1)
	}
	c.counter.WithLabelValues(string(at), codeOf(resp)).Inc()
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
func (p *Pools) Describe(out chan<- *prometheus.Desc) {
	p.calls.counter.Describe(out)
	out <- remainingDesc()
	out <- waitDesc()
}

// Collect implements prometheus.Collector.
func (p *Pools) Collect(out chan<- prometheus.Metric) {
	p.calls.counter.Collect(out)
	hosts := p.calls.hosts.All()
	for at, remaining := range p.limits.remaining() {
		if _, counted := hosts[at]; counted {
			out <- prometheus.MustNewConstMetric(remainingDesc(), prometheus.GaugeValue, float64(remaining), string(at))
		}
	}
	for at, until := range p.limits.waits() {
		if _, counted := hosts[at]; counted {
			out <- prometheus.MustNewConstMetric(waitDesc(), prometheus.GaugeValue, float64(until), string(at))
		}
	}
}

// remaining is the least budget by host, of those that are not reset by now.
func (l *limits) remaining() map[Host]int {
	out := map[Host]int{}
	for who, left := range l.budgets.All() {
		least, seen := out[who.About]
		if left.reset.After(l.now()) && (!seen || left.remaining < least) {
			out[who.About] = left.remaining
		}
	}
	return out
}

// waits is the latest wait by host that is not over, in seconds since 1970.
func (l *limits) waits() map[Host]int64 {
	out := map[Host]int64{}
	for who, held := range l.holds.All() {
		if held.until.After(l.now()) {
			out[who.About] = max(out[who.About], held.until.Unix())
		}
	}
	return out
}
