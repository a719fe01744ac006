package watcher

import (
	"context"
	"net/http"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// set changes one value of a Secret and returns what it was.
func (b *bench) set(name, key, value string) string {
	b.t.Helper()
	secret := &corev1.Secret{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: name}, secret); err != nil {
		b.t.Fatal(err)
	}
	was := string(secret.Data[key])
	secret.Data[key] = []byte(value)
	if err := server.Client.Update(context.Background(), secret); err != nil {
		b.t.Fatal(err)
	}
	return was
}

func newAuthority(t *testing.T) *forge.Authority {
	t.Helper()
	authority, err := forge.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

// A tunnel through a proxy, a trusted connection and a listing that is new
// enough are all there to be used, by whoever still may.
func TestAChangedSecretLeavesNothingOfTheOldOne(t *testing.T) {
	b, f, authority := newBench(t), forge.NewGitHub(t), newAuthority(t)
	internet := forge.NewInternet(t, authority, map[string]http.Handler{"github.example.com": f})
	b.Shared = source.NewShared(b.Now, transport.LocalNetworks())
	for name, data := range map[string]map[string]string{
		"ca":    {"ca.crt": string(authority.PEM)},
		"proxy": {"address": internet.URL, "username": "flux", "password": forge.Token},
	} {
		b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace}, StringData: data})
	}
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.URL = "https://github.example.com/acme/api"
		p.Spec.CertSecretRef, p.Spec.ProxySecretRef = &meta.LocalObjectReference{Name: "ca"}, &meta.LocalObjectReference{Name: "proxy"}
	})
	all := three(f)
	b.want(all)
	for _, secret := range []struct{ name, key, value string }{
		{"auth", "password", "wr0ng"},
		{"proxy", "password", "wr0ng"},
		{"ca", "ca.crt", string(newAuthority(t).PEM)},
	} {
		t.Run(secret.name, func(*testing.T) {
			was := b.set(secret.name, secret.key, secret.value)
			b.wantReady(b.want(all), metav1.ConditionFalse, meta.ReconciliationFailedReason, "listing")
			b.set(secret.name, secret.key, was)
			b.wantReady(b.want(all), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
		})
	}
}
