package credential_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestTheSameRepositoryIsOpenedAsSomebodyElseByAnotherSecret(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Open(forge.Request{})
	provider := b.provider(v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, SecretRef: b.secret("reads", map[string]string{"username": "flux", "password": "expired"})})
	ref := credential.Of(provider)
	b.secret("writes", map[string]string{"username": "flux", "password": forge.Token})
	for secret, want := range map[string]error{"reads": transport.ErrUnauthorized, "writes": nil} {
		ref.Secret = credential.Name{Field: "spec.other.secretRef", Name: secret}
		config, err := b.Config(context.Background(), ref)
		if err != nil {
			t.Fatal(err)
		}
		repository, err := source.Repository(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := repository.Requests().Lookup(context.Background(), "1"); !errors.Is(err, want) {
			t.Errorf("as %s: %v", secret, err)
		}
	}
	ref.Secret.Name = "absent"
	if _, err := b.Config(context.Background(), ref); err == nil || !strings.Contains(err.Error(), `spec.other.secretRef: there is no Secret "absent"`) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsReferredToByAnotherFieldIsFollowedBesideTheRest(t *testing.T) {
	b := newBench(t)
	b.Watch = watch(t)
	reads, writes := b.secret("reads", map[string]string{"username": "flux", "password": "a"}), b.secret("writes", map[string]string{"username": "flux", "password": "a"})
	provider := b.provider(v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGiteaPullRequest, URL: "https://gitea.example.com/acme/api", SecretRef: reads})
	ref := credential.Of(provider)
	other := ref
	other.Secret = credential.Name{Field: "spec.other.secretRef", Name: writes.Name}
	for _, one := range []credential.Reference{ref, other} {
		if _, err := b.Config(context.Background(), one); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string, expected int) {
		t.Helper()
		if err := server.Client.Delete(context.Background(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace}}); err != nil {
			t.Fatal(err)
		}
		if got := woken(b.Watch, expected); len(got) != expected {
			t.Errorf("that %s is gone woke %v", name, got)
		}
	}
	remove("reads", 1)
	b.Forget(provider)
	remove("writes", 0)
}

// The identity of an account goes to the cloud's own certificates alone; nobody
// has one here.
func TestWhatIsAskedAnonymouslyMayHaveAnAuthorityOfItsOwn(t *testing.T) {
	b := newBench(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "[]") // who has left, has left
	}))
	t.Cleanup(server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ca := b.secret("ca", map[string]string{"ca.crt": string(authority)})
	for _, kind := range []string{v1.InputProviderGiteaPullRequest, v1.InputProviderGitHubPullRequest, v1.InputProviderGitLabMergeRequest} {
		b.want(b.provider(v1.ResourceSetInputProviderSpec{Type: kind, URL: server.URL + "/acme/api", CertSecretRef: ca}), 0)
	}
	_, err := b.list(b.provider(v1.ResourceSetInputProviderSpec{Type: v1.InputProviderAzureDevOpsPullRequest, URL: "https://dev.azure.com/o/p/_git/r", CertSecretRef: ca}))
	if !errors.Is(err, source.ErrSpec) || !strings.Contains(err.Error(), "spec.certSecretRef: the identity of an account goes to the cloud's own certificates alone") {
		t.Errorf("got %v", err)
	}
}

func TestTheIdentityForAnImageGoesToTheRegistryOfItsCloudAlone(t *testing.T) {
	b := newBench(t)
	provider := b.provider(v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGiteaPullRequest, URL: "https://gitea.example.com/acme/api"})
	for _, cloud := range []source.Cloud{source.AWS, source.Azure, source.Google} {
		image := v1.GateImage{Name: "api", Repository: "registry.example.com/acme/api", Provider: string(cloud)}
		if _, err := b.Config(context.Background(), credential.OfImage(provider, image, "spec.gate.images[0]")); !errors.Is(err, source.ErrSpec) {
			t.Errorf("%s: got %v", cloud, err)
		}
	}
}
