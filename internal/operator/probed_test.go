package operator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/yaml"
)

// said is what the status says of each preview of the one set of a namespace.
func said(t *testing.T, namespace string) func() string {
	return func() string {
		out := ""
		for _, one := range readSet(t, namespace).Status.Previews {
			out += fmt.Sprintf("%s %s %s: %s\n", one.ID, one.Ready, one.Reason, one.Message)
		}
		return out
	}
}

func TestAProbeGoesTheWayThatTheSetSays(t *testing.T) {
	namespace := server.Namespace(t)
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "api-1.preview.test" || r.Header.Get("X-Bypass") != "s3cret" {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer served.Close()
	startOn(t, server.Config, "--watch-namespaces="+namespace, "--probe-networks=loopback")
	makeSet(t, namespace, fmt.Sprintf(`
readiness: {probe: {connectTo: "%s", headersFrom: {name: bypass}}}
inputs: [{id: "1", sha: c0ffee}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "api-<< inputs.id >>", namespace: %s, annotations: {event.toolkit.fluxcd.io/preview-url: "http://api-<< inputs.id >>.preview.test"}}`,
		served.Listener.Addr(), namespace))
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(30 * time.Second)
	g.Eventually(said(t, namespace)).Should(gomega.HavePrefix(
		`1 Unknown Deploying: it runs, and its URL cannot be asked: spec.readiness.probe: headersFrom: reading Secret ` + namespace + `/bypass: secrets "bypass" not found`))
	bypass := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bypass"}, StringData: map[string]string{"X-Bypass": "s3cret"}}
	if err := server.Client.Create(context.Background(), bypass); err != nil {
		t.Fatal(err)
	}
	g.Eventually(said(t, namespace)).Should(gomega.Equal("1 True ReconciliationSucceeded: \n"))

	// And it is counted: the questions, how long it took, and the preview.
	g.Eventually(func() map[string]float64 { return measured(t) }).Should(gomega.And(
		gomega.HaveKeyWithValue("eddy_probes_total answered", gomega.BeNumerically(">=", 2)),
		gomega.HaveKeyWithValue("eddy_preview_ready_seconds", gomega.BeNumerically("==", 1)),
		gomega.HaveKeyWithValue("eddy_previews "+namespace+" previews ready", gomega.BeNumerically("==", 1)),
	))
}

// measured are the metrics of previews, by their names and labels; of a histogram, how
// many it has counted.
func measured(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		for _, one := range family.GetMetric() {
			name := family.GetName()
			for _, label := range one.GetLabel() {
				name += " " + label.GetValue()
			}
			out[name] = one.GetCounter().GetValue() + one.GetGauge().GetValue() + float64(one.GetHistogram().GetSampleCount())
		}
	}
	return out
}

// What answers is asked now and then, and a restart changes nothing of what is known:
// neither of what answers, nor of what does not, nor of what does not any more.
func TestAPreviewWhoseURLBreaksIsNoLongerReady(t *testing.T) {
	namespace := server.Namespace(t)
	var broken atomic.Bool
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "never") || strings.HasPrefix(r.Host, "breaks") && broken.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer served.Close()
	start := func() (stop func()) {
		return startOn(t, server.Config, "--watch-namespaces="+namespace, "--probe-networks=loopback")
	}
	stop := start()
	makeSet(t, namespace, fmt.Sprintf(`
readiness: {within: 1s, probe: {interval: 5s, connectTo: "%s"}}
inputs: [{id: breaks, sha: a}, {id: never, sha: b}, {id: stays, sha: c}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "<< inputs.id >>", namespace: %s, annotations: {event.toolkit.fluxcd.io/preview-url: "http://<< inputs.id >>.preview.test"}}`,
		served.Listener.Addr(), namespace))
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(40 * time.Second)
	lines := func(breaks string) string {
		return breaks + "\nnever False NotAnswering: it runs, and its URL does not answer: it answers 502; it had 1s to get ready\nstays True ReconciliationSucceeded: \n"
	}
	g.Eventually(said(t, namespace)).Should(gomega.Equal(lines("breaks True ReconciliationSucceeded: ")))
	broken.Store(true)
	lost := lines("breaks False NotAnswering: it runs, and its URL does not answer any more: it answers 502")
	g.Eventually(said(t, namespace)).Should(gomega.Equal(lost))

	before := readSet(t, namespace).ResourceVersion
	stop()
	stop = start()
	g.Consistently(said(t, namespace), 5*time.Second).Should(gomega.Equal(lost))
	if now := readSet(t, namespace).ResourceVersion; now != before {
		t.Errorf("a restart writes a status in which nothing is new")
	}
	broken.Store(false)
	g.Eventually(said(t, namespace)).Should(gomega.Equal(lines("breaks True ReconciliationSucceeded: ")))
	stop()
}

// What answers at a URL is one preview: another that has the same is not ready, whoever of
// both is asked for first, and after a restart as well.
func TestOfTwoPreviewsWithOneURLTheOneThatWasThereFirstIsReady(t *testing.T) {
	namespace := server.Namespace(t)
	served := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer served.Close()
	stop := startOn(t, server.Config, "--watch-namespaces="+namespace, "--probe-networks=loopback")
	spec := func(inputs string) string {
		return fmt.Sprintf(`
readiness: {probe: {connectTo: "%s"}}
inputs: [%s]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "api-<< inputs.id >>", namespace: %s, annotations: {event.toolkit.fluxcd.io/preview-url: "http://<< inputs.host >>.preview.test"}}`,
			served.Listener.Addr(), inputs, namespace)
	}
	makeSet(t, namespace, spec(`{id: "2", host: one}`))
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(30 * time.Second)
	g.Eventually(said(t, namespace)).Should(gomega.Equal("2 True ReconciliationSucceeded: \n"))

	set := readSet(t, namespace)
	set.Spec.Inputs = nil
	if err := yaml.UnmarshalStrict([]byte(spec(`{id: "1", host: one}, {id: "2", host: one}, {id: "3", host: three}`)), &set.Spec); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	const taken = "1 False NotAnswering: it runs, and its URL is that of previews/2: give each preview a host of its own, or name where it answers by the annotation event.toolkit.fluxcd.io/preview-url\n"
	g.Eventually(said(t, namespace)).Should(gomega.Equal(taken + "2 True ReconciliationSucceeded: \n3 True ReconciliationSucceeded: \n"))
	stop()
	startOn(t, server.Config, "--watch-namespaces="+namespace, "--probe-networks=loopback")
	g.Consistently(said(t, namespace), 3*time.Second).Should(gomega.HavePrefix(taken))
}
