package operator_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestASetIsDeletedWithOneRequestForEachOfItsObjects(t *testing.T) {
	const previews = 120
	f := flock{t: t, namespace: server.Namespace(t)}
	counter := &requests{counts: map[string]int{}}
	cluster := rest.CopyConfig(server.Config)
	cluster.Wrap(func(next http.RoundTripper) http.RoundTripper { counter.next = next; return counter })
	startOn(t, cluster, "--watch-namespaces="+f.namespace)
	f.create()
	commits := map[int]string{}
	for id := range previews {
		commits[id] = "c0ffee"
	}
	counter.during(t, func() { f.export(commits) })
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: "previews"}}
	total := counter.during(t, func() {
		if err := server.Client.Delete(context.Background(), set); err != nil {
			t.Fatal(err)
		}
	})
	if most := previews*105/100 + 5; total > most { // the finalizer, what is said of it, and a few more
		t.Errorf("%d requests, want %d at most", total, most)
	}
	gomega.NewWithT(t).Eventually(func() error {
		return server.Client.Get(context.Background(), client.ObjectKeyFromObject(set), set)
	}, "10s").Should(gomega.MatchError(gomega.ContainSubstring("not found")))
}
