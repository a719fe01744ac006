package operator_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
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
	var hanging [2]atomic.Int64
	for n, f := range []*forge.Forge{slow, other} {
		f.Break(func(http.ResponseWriter, *http.Request) bool {
			hanging[n].Add(1)
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

	// Those that hang are in the queue, all of them, once one of each is asked.
	for n := range hanging {
		g.Eventually(hanging[n].Load).Should(gomega.BeNumerically(">", 0))
	}
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

// silent returns the URL of a forge that takes connections and never answers, and
// counts those that ask it.
func silent(t *testing.T, asked *atomic.Int64) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // it has served its purpose
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // the test has ended
			}
			defer func() { _ = connection.Close() }() // when the test ends
			asked.Add(1)
		}
	}()
	return "http://" + listener.Addr().String() + "/acme/api"
}

func TestATenantWhoseForgesNeverAnswerHoldsUpNobodyElse(t *testing.T) {
	for name, spread := range map[string]int{"in one namespace": 1, "in thirty": 30} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			quick, home := forge.NewGitea(t), server.Namespace(t)
			namespaces := []string{home}
			for range spread {
				namespaces = append(namespaces, server.Namespace(t))
			}
			for n := range 30 {
				hangs := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{
					Name: fmt.Sprint("hangs-", n), Namespace: namespaces[1+n%spread],
					Annotations: map[string]string{v1.ReconcileTimeoutAnnotation: "24h"},
				}}
				hangs.Spec.Type, hangs.Spec.URL = v1.InputProviderGitHubPullRequest, silent(t, &asked)
				if err := server.Client.Create(context.Background(), hangs); err != nil {
					t.Fatal(err)
				}
			}
			start(t, "--watch-namespaces="+strings.Join(namespaces, ","), "--concurrent=4")
			g := gomega.NewWithT(t)
			// All that hang are in the queue once some of them are asked.
			g.Eventually(asked.Load, 20*time.Second).Should(gomega.BeNumerically(">", 2))
			auth := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "auth", Namespace: home}}
			auth.StringData = map[string]string{"username": "flux", "password": forge.Token}
			if err := server.Client.Create(context.Background(), auth); err != nil {
				t.Fatal(err)
			}
			for n := range 5 {
				watch(t, quick, home, fmt.Sprint("quick-", n))
			}
			for n := range 5 {
				g.Eventually(isReady(home, fmt.Sprint("quick-", n)), 20*time.Second).Should(gomega.BeTrue())
			}
		})
	}
}
