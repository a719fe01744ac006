package operator_test

import (
	"context"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// A set that is stalled does not run by itself.
func TestAProviderThatIsMissingWakesTheSetThatNamesItOnceItIsMade(t *testing.T) {
	namespace := server.Namespace(t)
	start(t, "--watch-namespaces="+namespace)
	makeSet(t, namespace, `
inputsFrom: [{kind: ResourceSetInputProvider, name: later}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app, namespace: `+namespace+`}}]`)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	g.Eventually(func() string { return conditions.GetMessage(readSet(t, namespace), meta.StalledCondition) }).
		Should(gomega.ContainSubstring("there is no ResourceSetInputProvider " + namespace + "/later: create it, or correct the name"))
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "later", Namespace: namespace}}
	provider.Spec.Type = v1.InputProviderStatic
	g.Expect(server.Client.Create(context.Background(), provider)).To(gomega.Succeed())
	g.Eventually(func() bool { return conditions.IsReady(readSet(t, namespace)) }).Should(gomega.BeTrue())
}
