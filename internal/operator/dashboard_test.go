package operator_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/eddy-previews/eddy/charts"
	"github.com/eddy-previews/eddy/internal/probe"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// What the chart shows, and warns of, is measured.
func TestTheDashboardAndTheAlertsNameMetricsThatThereAre(t *testing.T) {
	startOn(t, server.Config, "--watch-namespaces="+server.Namespace(t))
	known := map[string]bool{}
	for range 100 { // the controllers have theirs once they run
		families, err := metrics.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			known[family.GetName()] = true
		}
		if known["controller_runtime_reconcile_total"] {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, collector := range []prometheus.Collector{
		report.NewInfo(server.Client), report.NewMeasures(probe.Results()), source.NewShared(time.Now, transport.DefaultNetworks()).Pools(),
	} {
		described := make(chan *prometheus.Desc, 100)
		collector.Describe(described)
		close(described)
		for one := range described {
			known[regexp.MustCompile(`fqName: "([^"]*)"`).FindStringSubmatch(one.String())[1]] = true
		}
	}
	for _, file := range []string{"dashboard.json", "rules.yaml"} {
		text, err := charts.Eddy.ReadFile("eddy/files/" + file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`\b(eddy|flux|controller_runtime)_[a-z_]+`).FindAllString(string(text), -1)
		if len(names) < 7 {
			t.Errorf("%s names %v alone", file, names)
		}
		for _, name := range names {
			if !known[strings.TrimSuffix(name, "_bucket")] {
				t.Errorf("%s names %s, which there is not", file, name)
			}
		}
	}
}
