package operator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
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

// runs is how often sets have run so far, in all tests of this package.
func runs(t *testing.T) (total float64) {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "controller" && label.GetValue() == "resourceset" {
					total += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return total
}

func TestLabelsOfAProviderRunOnlySetsThatItComesToOrLeaves(t *testing.T) {
	namespace := server.Namespace(t)
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "values", Namespace: namespace, Labels: map[string]string{"team": "web"}}}
	provider.Spec.Type = v1.InputProviderStatic
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(30 * time.Second)
	g.Expect(server.Client.Create(context.Background(), provider)).To(gomega.Succeed())
	references := map[string]string{
		"names it": "{name: values}", "selects it": "{selector: {matchLabels: {team: web}}}", "waits for it": "{selector: {matchLabels: {ready: 'yes'}}}",
	}
	sets := map[string]*v1.ResourceSet{}
	for kind, reference := range references {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: strings.ReplaceAll(kind, " ", "-"), Namespace: namespace}}
		g.Expect(yaml.UnmarshalStrict([]byte("inputsFrom: ["+reference+"]\nresources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "+
			set.Name+", namespace: "+namespace+"}}]"), &set.Spec)).To(gomega.Succeed())
		g.Expect(server.Client.Create(context.Background(), set)).To(gomega.Succeed())
		sets[kind] = set
	}
	start(t, "--watch-namespaces="+namespace)
	for kind, set := range sets {
		g.Eventually(func() bool {
			g.Expect(server.Client.Get(context.Background(), client.ObjectKeyFromObject(set), set)).To(gomega.Succeed())
			return conditions.IsReady(set)
		}).Should(gomega.BeTrue(), kind)
	}
	before := -1.0             // the first look is at once
	g.Eventually(func() bool { // until nothing runs any more: what a watch sees soon after a run is looked at a second later
		was := before
		before = runs(t)
		return was == before
	}, 60*time.Second, 4*time.Second).Should(gomega.BeTrue())

	for n := range 10 {
		change(t, provider, func() { provider.Labels["note"] = fmt.Sprint(n) })
	}
	g.Consistently(func() float64 { return runs(t) - before }, 2*time.Second).Should(gomega.BeZero(), "runs for labels that nobody selects by")
	change(t, provider, func() { provider.Labels["ready"] = "yes" })
	g.Eventually(func() error {
		return server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "waits-for-it"}, &corev1.ConfigMap{})
	}).Should(gomega.Succeed())
}
