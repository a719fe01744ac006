package operator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// site is where a preview answers, or does not.
type site struct {
	status, asked atomic.Int32
}

func (s *site) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.asked.Add(1)
	w.WriteHeader(int(s.status.Load()))
}

func TestAPreviewIsReadyOnceItsURLAnswers(t *testing.T) {
	namespace := server.Namespace(t)
	web := &site{}
	web.status.Store(http.StatusNotFound)
	served := httptest.NewServer(web)
	defer served.Close()
	stop := startOn(t, server.Config, "--watch-namespaces="+namespace, "--probe-networks=loopback")
	makeSet(t, namespace, fmt.Sprintf(`
readiness: {probe: {path: /healthz}}
inputs: [{id: "1", sha: c0ffee}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "api-<< inputs.id >>", namespace: %s, annotations: {event.toolkit.fluxcd.io/preview-url: "%s"}}
  data: {sha: "<< inputs.sha >>"}`, namespace, served.URL))
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(30 * time.Second)
	ready := func() string {
		if previews := readSet(t, namespace).Status.Previews; len(previews) > 0 {
			return fmt.Sprintf("%s %s %s: %s", previews[0].Ready, previews[0].Reason, previews[0].ReadySHA, previews[0].Message)
		}
		return ""
	}
	g.Eventually(ready).Should(gomega.Equal("Unknown Deploying : it runs, and its URL does not answer: it answers 404"))
	web.status.Store(http.StatusOK)
	g.Eventually(ready).Should(gomega.Equal("True ReconciliationSucceeded c0ffee: "))

	// It is not asked again: neither later, nor by another process.
	asked, before := web.asked.Load(), readSet(t, namespace)
	stop()
	stop = startOn(t, server.Config, "--watch-namespaces="+namespace, "--probe-networks=loopback")
	g.Consistently(ready, 4*time.Second).Should(gomega.Equal("True ReconciliationSucceeded c0ffee: "))
	if now := readSet(t, namespace); web.asked.Load() != asked || now.ResourceVersion != before.ResourceVersion {
		t.Errorf("it was asked %d times more, and the status is\n%+v\nwhich was\n%+v", web.asked.Load()-asked, now.Status, before.Status)
	}

	// Another commit has to answer as well.
	web.status.Store(http.StatusServiceUnavailable)
	set := readSet(t, namespace)
	change(t, set, func() { set.Spec.Inputs[0]["sha"].Raw = []byte(`"beef"`) })
	g.Eventually(ready).Should(gomega.Equal("Unknown Deploying c0ffee: it runs, and its URL does not answer: it answers 503"))
	stop()
}

func TestTheURLOfAPreviewLeadsNowhereElse(t *testing.T) {
	namespace := server.Namespace(t)
	startOn(t, server.Config, "--watch-namespaces="+namespace)
	web := &site{}
	served := httptest.NewServer(web)
	defer served.Close()
	makeSet(t, namespace, fmt.Sprintf(`
readiness: {within: 1s, probe: {}}
inputs: [{id: "1", url: "%s"}, {id: "2", url: "http://169.254.169.254/latest/meta-data"}, {id: "3", url: "http://127.0.0.1"}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "api-<< inputs.id >>", namespace: %s, annotations: {event.toolkit.fluxcd.io/preview-url: "<< inputs.url >>"}}`, served.URL, namespace))
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(30 * time.Second)
	said := func() string {
		out := ""
		for _, one := range readSet(t, namespace).Status.Previews {
			out += one.Reason + " " + one.Message + "\n"
		}
		return out
	}
	g.Eventually(said).Should(gomega.And(
		gomega.MatchRegexp("NotAnswering .*: port [0-9]+ is not asked.*; it had 1s to get ready"),
		gomega.ContainSubstring("the address 169.254.169.254 is link-local, multicast or reserved"),
		gomega.ContainSubstring("the address 127.0.0.1 is loopback")))
	if web.asked.Load() > 0 {
		t.Error("it was asked")
	}
}
