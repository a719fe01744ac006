package templater

import (
	"context"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What a request deploys says where it answers: one text of 200 KiB and a few previews
// would be more than a status holds, and no preview of the set would be told of any more.
func TestAURLThatIsTooLongIsNoneAndTakesNoRoom(t *testing.T) {
	b := newBench(t)
	var ids []string
	for n := range 9 {
		ids = append(ids, fmt.Sprint(n+1))
	}
	b.provider("prs", ids...)
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: api-<< inputs.id >>, namespace: NS, annotations: {event.toolkit.fluxcd.io/preview-url: "https://<< inputs.id >>.example.com/` + strings.Repeat("x", 200<<10) + `"}}
`)
	set := b.run()
	b.wantReady(set, metav1.ConditionTrue, "ReconciliationSucceeded", "")
	for _, one := range b.read().Status.Previews {
		if one.Ready != metav1.ConditionTrue || one.URL != "" {
			t.Errorf("%s is %s, and its URL %d bytes long", one.ID, one.Ready, len(one.URL))
		}
	}
}

// So an overlay with thousands of routes would keep the set at work for minutes.
func TestOfManyRoutesThatAPreviewHasDeployedAFewAreRead(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-pr-<< inputs.id >>, namespace: NS}
  spec: {interval: 10m, prune: true, path: ./deploy, sourceRef: {kind: GitRepository, name: fleet}}
`)
	b.run()
	found := b.object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "api-pr-1")
	var entries []any
	for n := range 500 {
		entries = append(entries,
			map[string]any{"id": fmt.Sprintf("%s_api-%d_networking.k8s.io_Ingress", b.namespace, n), "v": "v1"},
			map[string]any{"id": fmt.Sprintf("%s_api-%d_helm.toolkit.fluxcd.io_HelmRelease", b.namespace, n), "v": "v2"})
	}
	_ = unstructured.SetNestedSlice(found.Object, entries, "status", "inventory", "entries") // it has a map there, or none
	_ = unstructured.SetNestedField(found.Object, found.GetGeneration(), "status", "observedGeneration")
	if err := server.Client.Status().Update(context.Background(), found); err != nil {
		t.Fatal(err)
	}
	counted := b.count()
	b.run()
	if asked := counted["GET ingresses"] + counted["GET helmreleases"]; asked == 0 || asked > 50 {
		t.Errorf("%d were read", asked)
	}
}
