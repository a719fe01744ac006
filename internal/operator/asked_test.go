package operator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/test/forge"
)

// ask annotates an object as `eddy reconcile` does.
func ask(t *testing.T, object report.Object, token string) {
	t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, meta.ReconcileRequestAnnotation, token)
	if err := server.Client.Patch(context.Background(), object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		t.Fatal(err)
	}
}

// handled returns the newest request of an object that was answered.
func handled(object report.Object) func() string {
	return func() string {
		if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(object), object); err != nil {
			return err.Error()
		}
		return object.GetLastHandledReconcileRequest()
	}
}

// asked makes a provider of a forge and a set, which wait to be asked.
func asked(t *testing.T) (string, *forge.Forge, map[string]report.Object) {
	t.Helper()
	namespace, f := server.Namespace(t), forge.NewGitea(t)
	auth := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "auth", Namespace: namespace}}
	auth.StringData = map[string]string{"username": "flux", "password": forge.Token}
	if err := server.Client.Create(context.Background(), auth); err != nil {
		t.Fatal(err)
	}
	watch(t, f, namespace, "previews")
	makeSet(t, namespace, `
inputs: [{id: "1"}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app, namespace: `+namespace+`}}]`)
	named := metav1.ObjectMeta{Name: "previews", Namespace: namespace}
	return namespace, f, map[string]report.Object{
		"a provider": &v1.ResourceSetInputProvider{ObjectMeta: named},
		"a set":      &v1.ResourceSet{ObjectMeta: named},
	}
}

func TestWhoAsksAllTheTimeGetsAFewRunsAndThenOneInEachFloor(t *testing.T) {
	const left, more = 4, 100 // of five: their creation was one
	namespace, f, objects := asked(t)
	startOn(t, server.Config, "--watch-namespaces="+namespace, "--min-interval=1h")
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	g.Eventually(isReady(namespace, "previews")).Should(gomega.BeTrue())
	g.Eventually(func() bool { return conditions.IsReady(readSet(t, namespace)) }).Should(gomega.BeTrue())
	for kind, object := range objects {
		for n := range left {
			token := fmt.Sprint("at once ", n)
			ask(t, object, token)
			g.Eventually(handled(object)).Should(gomega.Equal(token), kind)
		}
	}
	polls := f.Asked()
	for n := range more {
		for _, object := range objects {
			ask(t, object, fmt.Sprint("later ", n))
		}
	}
	for kind, edit := range map[string]string{"a provider": `{"spec":{"filter":{"limit":7}}}`, "a set": `{"spec":{"wait":true}}`} {
		spec := client.RawPatch("application/merge-patch+json", []byte(edit))
		g.Expect(server.Client.Patch(context.Background(), objects[kind], spec)).To(gomega.Succeed())
	}
	for kind, object := range objects {
		g.Consistently(handled(object)).Should(gomega.Equal(fmt.Sprint("at once ", left-1)), kind)
	}
	if now := f.Asked(); now != polls {
		t.Errorf("%d requests more led to %d more of the forge", more, now-polls)
	}
	for kind, object := range objects {
		g.Expect(server.Client.Delete(context.Background(), object)).To(gomega.Succeed())
		g.Eventually(handled(object)).Should(gomega.ContainSubstring("not found"), "the deletion of "+kind)
	}
}

func TestWhoAsksWhileOthersDoSeesItAnsweredByTheRunThatIsDue(t *testing.T) {
	const many = 100
	namespace, f, objects := asked(t)
	startOn(t, server.Config, "--watch-namespaces="+namespace, "--min-interval=2s")
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	g.Eventually(isReady(namespace, "previews")).Should(gomega.BeTrue())
	for n := range many {
		for _, object := range objects {
			ask(t, object, fmt.Sprint(n))
		}
	}
	for kind, object := range objects {
		g.Eventually(handled(object)).Should(gomega.Equal(fmt.Sprint(many-1)), kind)
	}
	if f.Asked() >= many {
		t.Errorf("%d requests led to %d of the forge", many, f.Asked())
	}
}
