package flux_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/flux"
)

func TestADeployerListsWhatItDeployedIntoItsOwnCluster(t *testing.T) {
	const entries = "status: {inventory: {entries: [{id: app-dev_api_apps_Deployment, v: v1}, {id: app-dev_api_networking.k8s.io_Ingress, v: v1}]}}"
	for _, test := range []struct{ name, object, want string }{
		{"all of its inventory", kustomization + entries, "app-dev_api_apps_Deployment/v1 app-dev_api_networking.k8s.io_Ingress/v1"},
		{"also as a HelmRelease", helmRelease + entries, "app-dev_api_apps_Deployment/v1 app-dev_api_networking.k8s.io_Ingress/v1"},
		{"nothing before it has deployed anything", kustomization, ""},
		{"nothing that is in another cluster", kustomization + "spec: {kubeConfig: {secretRef: {name: other}}}\n" + entries, ""},
		{"no line that cannot be read", kustomization + "status: {inventory: {entries: [{id: odd, v: v1}, text, {id: app-dev_api__Service, v: v1}, {id: app-dev_api__Secret}]}}", "app-dev_api__Service/v1"},
		{"nothing where there is no list", kustomization + "status: {inventory: {entries: none}}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, one := range flux.Deployed(parse(t, test.object)) {
				got = append(got, one.ID()+"/"+one.Version)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("it lists %q, want %q", got, test.want)
			}
		})
	}
}
