package operator_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// A set runs once an hour by itself.
func TestLabelsOfAProviderBringItIntoASelectorAndOutOfItAtOnce(t *testing.T) {
	namespace := server.Namespace(t)
	start(t, "--watch-namespaces="+namespace)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(30 * time.Second)
	selecting := &v1.ResourceSet{}
	text := strings.Replace(set, "{kind: ResourceSetInputProvider, name: values}", "{selector: {matchLabels: {team: web}}}", 1)
	if err := yaml.Unmarshal([]byte(text), selecting); err != nil {
		t.Fatal(err)
	}
	selecting.Namespace = namespace
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "values", Namespace: namespace}}
	provider.Spec.Type = v1.InputProviderStatic
	provider.Spec.DefaultValues = v1.ResourceSetInput{"env": {Raw: []byte(`"dev"`)}}
	for _, object := range []client.Object{provider, selecting} {
		g.Expect(server.Client.Create(context.Background(), object)).To(gomega.Succeed())
	}
	there := func() bool {
		err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "app"}, &corev1.ConfigMap{})
		g.Expect(client.IgnoreNotFound(err)).To(gomega.Succeed())
		return !apierrors.IsNotFound(err)
	}
	label := func(labels map[string]string) {
		base := provider.DeepCopy()
		provider.Labels = labels
		g.Expect(server.Client.Patch(context.Background(), provider, client.MergeFrom(base))).To(gomega.Succeed())
	}
	g.Eventually(func() string {
		g.Expect(server.Client.Get(context.Background(), client.ObjectKeyFromObject(provider), provider)).To(gomega.Succeed())
		return provider.Status.LastExportedRevision
	}).ShouldNot(gomega.BeEmpty())
	label(map[string]string{"team": "web"})
	g.Eventually(there).Should(gomega.BeTrue())
	label(nil)
	g.Eventually(there).Should(gomega.BeFalse())
}
