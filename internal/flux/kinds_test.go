package flux_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/flux"
)

func TestAKindIsTakenForWhatFluxMeansByIt(t *testing.T) {
	type meaning struct{ deploys, source, routes, ofFlux bool }
	for _, test := range []struct {
		kind schema.GroupKind
		want meaning
	}{
		{kind("kustomize.toolkit.fluxcd.io", "Kustomization"), meaning{deploys: true, ofFlux: true}},
		{kind("helm.toolkit.fluxcd.io", "HelmRelease"), meaning{deploys: true, ofFlux: true}},
		{kind("source.toolkit.fluxcd.io", "GitRepository"), meaning{source: true, ofFlux: true}},
		{kind("source.toolkit.fluxcd.io", "ExternalArtifact"), meaning{source: true, ofFlux: true}},
		{kind("notification.toolkit.fluxcd.io", "Alert"), meaning{ofFlux: true}},
		{kind("networking.k8s.io", "Ingress"), meaning{routes: true}},
		{kind("gateway.networking.k8s.io", "HTTPRoute"), meaning{routes: true}},
		{kind("gateway.networking.k8s.io", "Gateway"), meaning{}},
		{kind("kustomize.config.k8s.io", "Kustomization"), meaning{}}, // a file of kustomize
		{kind("example.com", "HelmRelease"), meaning{}},
		{kind("", "ConfigMap"), meaning{}},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			got := meaning{
				deploys: flux.Deploys(test.kind), source: flux.IsSource(test.kind),
				routes: flux.Routes(test.kind), ofFlux: flux.Is(test.kind),
			}
			if got != test.want {
				t.Errorf("it is taken for %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLabelsNameWhoHasDeployedAnObject(t *testing.T) {
	for _, test := range []struct {
		name   string
		labels map[string]string
		want   string
	}{
		{"a Kustomization", map[string]string{"kustomize.toolkit.fluxcd.io/name": "api", "kustomize.toolkit.fluxcd.io/namespace": "app-dev"}, "app-dev_api_kustomize.toolkit.fluxcd.io_Kustomization v1"},
		{"a HelmRelease", map[string]string{"helm.toolkit.fluxcd.io/name": "api", "helm.toolkit.fluxcd.io/namespace": "app-dev"}, "app-dev_api_helm.toolkit.fluxcd.io_HelmRelease v2"},
		{"half a name is nobody's", map[string]string{"helm.toolkit.fluxcd.io/name": "api"}, ""},
		{"nobody", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			for _, one := range flux.DeployersOf(test.labels) {
				got += one.ID() + " " + one.Version
			}
			if got != test.want {
				t.Errorf("it is %q, want %q", got, test.want)
			}
		})
	}
}
