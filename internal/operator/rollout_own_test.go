package operator_test

import (
	"context"
	"testing"
	"time"

	"github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// What the set itself has deployed is watched as what Flux has: a container that
// crashes again and again is ready for a moment now and then.
func TestAWorkloadOfTheSetThatStopsRunningIsNoLongerReady(t *testing.T) {
	namespace := server.Namespace(t)
	startOn(t, server.Config, "--watch-namespaces="+namespace)
	makeSet(t, namespace, `
readiness: {}
inputs: [{id: "1", sha: c0ffee}]
resources:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: "api-<< inputs.id >>", namespace: `+namespace+`}
  spec: {selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: app, image: "i:1"}]}}}`)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	api := &appsv1.Deployment{}
	g.Eventually(func() error {
		return server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "api-1"}, api)
	}).Should(gomega.Succeed())
	ready := told(t, namespace, func(p v1.PreviewStatus) string { return string(p.Ready) })
	for _, replicas := range []int32{1, 0, 1, 0} {
		rolledOut(t, api, replicas)
		g.Eventually(ready).Should(gomega.Equal(map[bool]string{true: "True", false: "Unknown"}[replicas > 0]))
		time.Sleep(2 * time.Second) // nothing is waited for any more
	}
}
