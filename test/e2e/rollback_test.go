package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const rollback = `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: broken, namespace: rolled}
spec:
  readiness: {within: 5m}
  inputs: [{id: helm, sha: %s, tag: %s}]
  resources:
  - apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: helm, namespace: rolled}
    spec:
      interval: 10m
      timeout: 15s
      upgrade: {remediation: {remediateLastFailure: true, strategy: rollback}}
      chart: {spec: {chart: ./charts/api, sourceRef: {kind: GitRepository, name: fleet, namespace: app-dev}}}
      values: {fullnameOverride: helm, image: {tag: << inputs.tag >>}, podAnnotations: {app/commit-sha: << inputs.sha | quote >>}}
`

// A release that is rolled back runs, and is not what was asked for: the preview has
// failed, and was ready at the commit before.
func TestAReleaseThatIsRolledBackHasFailed(t *testing.T) {
	if world.System.Node == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	must(t, world.Programs.Image(t.Context(), world.System.Dir, "registry.example.com/api:rolls", "rolls"))
	commitChart(t, applicationChart(t))
	namespace(t, "rolled")
	must(t, world.Apply(t.Context(), fmt.Sprintf(rollback, "one", "rolls")))
	t.Cleanup(func() {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "rolled", Name: "broken"}}
		if err := world.Kube.Delete(context.Background(), set); err != nil {
			t.Error(err)
		}
	})
	broken{"helm", ``, "ReconciliationSucceeded", `^$`, ""}.playIn(t, "rolled")
	must(t, world.Apply(t.Context(), fmt.Sprintf(rollback, "two", "none")))
	broken{"helm", ``, "RolloutFailed", `image not found|none`, "none"}.playIn(t, "rolled")
	broken{"helm", ``, "DeployFailed", `^HelmRelease/helm: .*[Rr]ollback to previous release`, "HelmRelease/helm"}.playIn(t, "rolled")
}
