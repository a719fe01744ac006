package operator_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// isReady reports whether a provider has been reconciled.
func isReady(namespace, name string) func() bool {
	return func() bool {
		provider := &v1.ResourceSetInputProvider{}
		err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: name}, provider)
		return err == nil && conditions.IsReady(provider)
	}
}

// watch creates a provider for a forge, whose Secret is there.
func watch(t *testing.T, f *forge.Forge, namespace, name string) {
	t.Helper()
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	provider.Spec.Type, provider.Spec.URL = f.Type, f.URL
	provider.Spec.SecretRef = &meta.LocalObjectReference{Name: "auth"}
	if err := server.Client.Create(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
}

func TestAForgeThatHangsHoldsUpNobodyElse(t *testing.T) {
	namespace := server.Namespace(t)
	auth := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "auth", Namespace: namespace}}
	auth.StringData = map[string]string{"username": "flux", "password": forge.Token}
	if err := server.Client.Create(context.Background(), auth); err != nil {
		t.Fatal(err)
	}
	slow, other, quick := forge.NewGitHub(t), forge.NewGitLab(t), forge.NewGitea(t)
	release := make(chan struct{})
	end := sync.OnceFunc(func() { close(release) })
	t.Cleanup(end) // before the servers are closed, which wait for their clients
	for _, f := range []*forge.Forge{slow, other} {
		f.Break(func(http.ResponseWriter, *http.Request) bool {
			<-release
			return false
		})
	}
	const many = 12
	for n := range many {
		watch(t, slow, namespace, fmt.Sprint("slow-", n))
		watch(t, other, namespace, fmt.Sprint("other-", n))
	}
	start(t, "--watch-namespaces="+namespace, "--concurrent=4")
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)

	time.Sleep(time.Second) // all of them have been looked at
	watch(t, quick, namespace, "quick")
	g.Eventually(isReady(namespace, "quick")).Should(gomega.BeTrue())
	if isReady(namespace, "slow-0")() || isReady(namespace, "other-0")() {
		t.Error("a forge has answered that hangs")
	}
	end()
	for n := range many {
		g.Eventually(isReady(namespace, fmt.Sprint("slow-", n))).Should(gomega.BeTrue())
		g.Eventually(isReady(namespace, fmt.Sprint("other-", n))).Should(gomega.BeTrue())
	}
}
