package flux_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
)

func names(ids []object.Ref) string {
	var out []string
	for _, id := range ids {
		out = append(out, id.ID())
	}
	return strings.Join(out, " ")
}

func TestADeployerNamesItsSourceAndItsDependencies(t *testing.T) {
	for _, test := range []struct{ name, object, sources, dependencies string }{
		{"a source is in its own namespace", kustomization + "spec: {sourceRef: {kind: GitRepository, name: fleet}}",
			"app-dev_fleet_source.toolkit.fluxcd.io_GitRepository", ""},
		{"unless it says otherwise", kustomization + "spec: {sourceRef: {kind: OCIRepository, name: fleet, namespace: flux-system}}",
			"flux-system_fleet_source.toolkit.fluxcd.io_OCIRepository", ""},
		{"a chart is a source", helmRelease + "spec: {chartRef: {kind: OCIRepository, name: chart}}",
			"app-dev_chart_source.toolkit.fluxcd.io_OCIRepository", ""},
		{"so is the repository of a chart", helmRelease + "spec: {chart: {spec: {chart: api, sourceRef: {kind: HelmRepository, name: charts}}}}",
			"app-dev_charts_source.toolkit.fluxcd.io_HelmRepository", ""},
		{"a dependency is of its own kind", helmRelease + "spec: {dependsOn: [{name: db}, {name: infra, namespace: flux-system}]}",
			"", "app-dev_db_helm.toolkit.fluxcd.io_HelmRelease flux-system_infra_helm.toolkit.fluxcd.io_HelmRelease"},
		{"what it says is nobody's is still an item", kustomization + "spec: {dependsOn: [odd, {name: db}]}",
			"", "app-dev__kustomize.toolkit.fluxcd.io_Kustomization app-dev_db_kustomize.toolkit.fluxcd.io_Kustomization"},
		{"others have no source", "{apiVersion: v1, kind: ConfigMap, metadata: {namespace: app-dev, name: api}, spec: {sourceRef: {kind: GitRepository, name: fleet}}}", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := parse(t, test.object)
			if got := names(flux.Sources(o)); got != test.sources {
				t.Errorf("its sources are %q, want %q", got, test.sources)
			}
			if got := names(flux.Dependencies(o)); got != test.dependencies {
				t.Errorf("its dependencies are %q, want %q", got, test.dependencies)
			}
		})
	}
}
