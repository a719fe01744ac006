package watcher

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/test/forge"
	"github.com/eddy-previews/eddy/test/rig"
)

// live lets a manager run the watcher, in the namespace of the bench alone.
func (b *bench) live() {
	b.t.Helper()
	mgr, err := ctrl.NewManager(rest.CopyConfig(server.Config), ctrl.Options{
		Scheme: server.Client.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"},
		Cache:  cache.Options{DefaultNamespaces: map[string]cache.Config{b.namespace: {}}},
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	secrets, err := metadata.NewForConfig(server.Config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Client = mgr.GetClient()
	b.Report.Client = mgr.GetClient()
	b.Credentials = &credential.Reader{Client: mgr.GetClient(), Watch: credential.NewWatch(secrets)}
	if err := b.SetupWithManager(mgr, controller.Options{SkipNameValidation: ptr.To(true)}); err != nil {
		b.t.Fatal(err)
	}
	rig.Manage(b.t, mgr)
}

// eventually waits until the provider exports these inputs.
func (b *bench) eventually(inputs string) {
	b.t.Helper()
	gomega.NewWithT(b.t).Eventually(func() string {
		provider := &v1.ResourceSetInputProvider{}
		if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: "prs"}, provider); err != nil {
			return err.Error()
		}
		return exported(provider)
	}, 15*time.Second, 20*time.Millisecond).Should(gomega.Equal(inputs))
}

// value returns a text of the first input that is exported.
func (b *bench) value(key string) string {
	provider := &v1.ResourceSetInputProvider{}
	err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: "prs"}, provider)
	if err != nil || len(provider.Status.ExportedInputs) == 0 {
		return ""
	}
	return provider.Status.ExportedInputs[0].Text(key)
}

// sorted joins inputs as exported does.
func sorted(inputs ...string) string {
	slices.Sort(inputs)
	return strings.Join(inputs, " ")
}

func TestAChangedSecretTakesEffectAtOnce(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
	b.live()
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.SecretRef = &meta.LocalObjectReference{Name: "later"}
		p.Annotations[v1.ReconcileEveryAnnotation] = "24h"
	})
	gomega.NewWithT(t).Eventually(f.Asked).Should(gomega.Equal(0)) // the Secret is missing
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "later", Namespace: b.namespace},
		StringData: map[string]string{"username": "flux", "password": forge.Token},
	}
	b.create(secret)
	b.eventually("1@a")

	f.Push(1, "b")
	secret.StringData = map[string]string{"note": "rotated"}
	if err := server.Client.Update(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
	b.eventually("1@b")
}

func TestAnArtifactThatIsAddedChangedOrDeletedIsSeenAtOnce(t *testing.T) {
	b := newBench(t)
	b.live()
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace, Annotations: map[string]string{v1.ReconcileEveryAnnotation: "24h"}},
		Spec: v1.ResourceSetInputProviderSpec{Type: v1.InputProviderExternalArtifact, Selectors: []v1.ArtifactSelector{
			{LabelSelector: metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}}, {Name: "named"},
		}},
	})
	b.eventually("")
	ctx := context.Background()
	offer := func(name, team string) *sourcev1.ExternalArtifact {
		artifact := &sourcev1.ExternalArtifact{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace, Labels: map[string]string{"team": team, "sha": "one"}}}
		b.create(artifact)
		return artifact
	}
	id := func(name string) string { return identity.Checksum(b.namespace + "/" + name) }
	api := offer("api", "x")
	offer("web", "y")
	b.eventually(id("api") + "@one")
	named := offer("named", "y")
	b.eventually(sorted(id("api")+"@one", id("named")+"@one"))

	api.Labels["sha"] = "two"
	if err := server.Client.Update(ctx, api); err != nil {
		t.Fatal(err)
	}
	b.eventually(sorted(id("api")+"@two", id("named")+"@one"))
	if err := server.Client.Delete(ctx, named); err != nil {
		t.Fatal(err)
	}
	b.eventually(id("api") + "@two")
	api.Status.Artifact = &meta.Artifact{Revision: "main@sha1:c0ffee", Digest: "sha256:0", Path: "p", URL: "http://example.com", LastUpdateTime: metav1.Now()}
	if err := server.Client.Status().Update(ctx, api); err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Eventually(func() string { return b.value("revision") }, 10*time.Second).Should(gomega.Equal("main@sha1:c0ffee"))
	api.Labels["team"] = "y"
	if err := server.Client.Update(ctx, api); err != nil {
		t.Fatal(err)
	}
	b.eventually("")
}
