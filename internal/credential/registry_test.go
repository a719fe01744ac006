package credential_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// pullSecret makes a Secret with the password for a host.
func (b *bench) pullSecret(name, host, password string) {
	b.t.Helper()
	text, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"username": "flux", "password": password}}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: text},
	})
}

func TestARegistrysPasswordIsThatOfAPullSecret(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "v1")
	b := newBench(t)
	authority := b.secret("authority", map[string]string{"ca.crt": string(registry.Authority)})
	b.pullSecret("pull", registry.Host, forge.Token)
	b.pullSecret("elsewhere", "registry.example.com", "other")
	b.create(&corev1.ServiceAccount{
		ObjectMeta:       metav1.ObjectMeta{Name: "puller"},
		ImagePullSecrets: []corev1.LocalObjectReference{{Name: "elsewhere"}, {Name: "pull"}},
	})
	named := func(name string) *meta.LocalObjectReference { return &meta.LocalObjectReference{Name: name} }

	for name, c := range map[string]struct {
		secret  *meta.LocalObjectReference
		account string
		words   string // of the error; none when empty
	}{
		"the provider's":             {named("pull"), "", ""},
		"the account's":              {nil, "puller", ""},
		"one of both":                {named("elsewhere"), "puller", ""},
		"none":                       {nil, "", "401"},
		"another registry's":         {named("elsewhere"), "", "401"},
		"a Secret of another type":   {authority, "", "kubectl create secret docker-registry"},
		"a Secret that is missing":   {named("absent"), "", `there is no Secret "absent"`},
		"an account that is missing": {nil, "absent", `there is no ServiceAccount "absent"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.list(b.provider(v1.ResourceSetInputProviderSpec{
				Type: v1.InputProviderOCIArtifactTag, URL: registry.URL, CertSecretRef: authority, SecretRef: c.secret, ServiceAccountName: c.account,
				Insecure: true, // certificates beat it
			}))
			switch {
			case c.words == "" && err != nil:
				t.Error(err)
			case c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)):
				t.Errorf("got %v, want …%s…", err, c.words)
			}
		})
	}
}

func TestAServicesTokenIsItsOwnKey(t *testing.T) {
	b := newBench(t)
	s := forge.NewService(t)
	s.Say(map[string]any{"id": "a"})
	for name, texts := range map[string]map[string]string{"token": {"token": forge.Token + "\n"}, "password": {"username": "flux", "password": forge.Token}} {
		b.want(b.provider(v1.ResourceSetInputProviderSpec{Type: v1.InputProviderExternalService, URL: s.URL, Insecure: true, SecretRef: b.secret(name, texts)}), 1)
	}
}
