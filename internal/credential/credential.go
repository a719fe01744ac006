// Package credential turns what a provider refers to, Secrets and service
// accounts, into the configuration of a source.
//
//	secretRef ───────────> username and password, a token, a GitHub App, a pull secret
//	serviceAccountName ──> an identity in AWS, Azure or Google Cloud, or pull secrets
//	certSecretRef ───────> authorities and a client certificate
//	proxySecretRef ──────> a proxy
//
// What is read here is never printed. Tokens that are made of it are kept until
// most of their life is over, and then made anew; Watch tells when a Secret
// that they were made of changes.
package credential

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/cache"
	"github.com/fluxcd/pkg/runtime/secrets"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// Reader reads credentials.
type Reader struct {
	// Client reads Secrets and service accounts, and asks for tokens of accounts.
	Client client.Client
	// As acts as a service account.
	As func(namespace, name string) (client.Client, error)
	// ServiceAccount is impersonated to read what is in the cluster where a provider
	// names no account; the operator reads it when empty.
	ServiceAccount string
	// DefaultAccount is whose identity is used in a cloud for a provider that
	// names no account; the operator's own when empty.
	DefaultAccount string
	// Tokens keeps what was made of credentials; nil makes it anew each time.
	Tokens *cache.TokenCache
	// Clients are what providers share on their way to a forge; nothing when nil.
	Clients *source.Clients
	// Watch is told which Secrets are read for whom; nil for nobody.
	Watch *Watch
}

// Config gathers what is needed to reach what a provider watches. The error
// names the field of the spec, and what is missing.
func (r *Reader) Config(ctx context.Context, provider *v1.ResourceSetInputProvider) (source.Config, error) {
	config := source.Config{Type: provider.Spec.Type, URL: provider.Spec.URL, Insecure: provider.Spec.Insecure}
	pulls, err := r.pullSecrets(ctx, provider)
	if err != nil {
		return config, err
	}
	// From before they are read: no change is missed in between.
	r.Watch.Follow(ctx, client.ObjectKeyFromObject(provider), append(names(provider), pulls...))
	if err := r.connection(ctx, provider, &config); err != nil {
		return config, err
	}
	switch {
	case provider.Spec.Type == v1.InputProviderExternalArtifact:
		config.Artifacts = r.artifacts(provider)
	case provider.Spec.Type == v1.InputProviderOCIArtifactTag:
		config.Registry, err = r.keychain(ctx, provider, pulls)
	case provider.Spec.SecretRef != nil:
		config.Credentials, err = r.login(ctx, provider, config)
	default:
		err = r.identify(ctx, provider, &config)
	}
	return config, err
}

// Forget is for a provider that is gone or suspended.
func (r *Reader) Forget(provider *v1.ResourceSetInputProvider) {
	r.Watch.Follow(context.Background(), client.ObjectKeyFromObject(provider), nil)
	r.Tokens.DeleteEventsForObject(v1.ResourceSetInputProviderKind, provider.Name, provider.Namespace, cache.OperationReconcile)
}

// names are the Secrets that a provider refers to by itself.
func names(provider *v1.ResourceSetInputProvider) []string {
	var out []string
	for _, ref := range []*meta.LocalObjectReference{provider.Spec.SecretRef, provider.Spec.CertSecretRef, provider.Spec.ProxySecretRef} {
		if ref != nil {
			out = append(out, ref.Name)
		}
	}
	return out
}

// connection reads certificates and the proxy.
func (r *Reader) connection(ctx context.Context, provider *v1.ResourceSetInputProvider, config *source.Config) error {
	if ref := provider.Spec.CertSecretRef; ref != nil {
		secret, err := r.secret(ctx, provider.Namespace, "spec.certSecretRef", ref.Name)
		if err != nil {
			return err
		}
		// A private authority is trusted beside those of the system.
		if config.TLS, err = secrets.TLSConfigFromSecret(ctx, secret, secrets.WithSystemCertPool()); err != nil {
			return fmt.Errorf("spec.certSecretRef: %w", err)
		}
	}
	if ref := provider.Spec.ProxySecretRef; ref != nil {
		secret, err := r.secret(ctx, provider.Namespace, "spec.proxySecretRef", ref.Name)
		if err != nil {
			return err
		}
		if config.Proxy, err = proxy(secret); err != nil {
			return err
		}
	}
	return nil
}

// proxy reads address, username and password. The error does not repeat an
// address, which may hold credentials.
func proxy(secret *corev1.Secret) (*url.URL, error) {
	address, err := url.Parse(text(secret, "address"))
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" && address.Scheme != "socks5" {
		return nil, fmt.Errorf("spec.proxySecretRef: Secret %s/%s has no address under the key address: it needs http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
			secret.Namespace, secret.Name)
	}
	if username := text(secret, "username"); username != "" {
		address.User = url.UserPassword(username, text(secret, "password"))
	}
	return address, nil
}

// login reads the Secret with the credentials for a forge or a service.
func (r *Reader) login(ctx context.Context, provider *v1.ResourceSetInputProvider, config source.Config) (source.Credentials, error) {
	secret, err := r.secret(ctx, provider.Namespace, "spec.secretRef", provider.Spec.SecretRef.Name)
	if err != nil {
		return source.Credentials{}, err
	}
	switch {
	case isGitHubApp(provider, secret):
		return r.gitHubApp(ctx, provider, secret, config)
	case provider.Spec.Type == v1.InputProviderExternalService && text(secret, "token") != "":
		return source.Credentials{Token: text(secret, "token")}, nil
	default:
		return password(secret)
	}
}

// password reads username and password; both are needed.
func password(secret *corev1.Secret) (source.Credentials, error) {
	for _, key := range []string{"username", "password"} {
		if text(secret, key) == "" {
			return source.Credentials{}, fmt.Errorf("spec.secretRef: Secret %s/%s has no value under the key %q: it needs username (any text) and password (the token)",
				secret.Namespace, secret.Name, key)
		}
	}
	return source.Credentials{Username: text(secret, "username"), Password: text(secret, "password")}, nil
}

// text returns a value without the white space that editors leave around it.
func text(secret *corev1.Secret, key string) string {
	return strings.TrimSpace(string(secret.Data[key]))
}

// secret reads a Secret for a field of the spec.
func (r *Reader) secret(ctx context.Context, namespace, field, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%s: there is no Secret %q in namespace %q: create it, or correct the name", field, name, namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: reading Secret %s/%s: %w", field, namespace, name, err)
	}
	return secret, nil
}

// account is whose identity a provider uses in a cloud; "" for the operator's.
func (r *Reader) account(provider *v1.ResourceSetInputProvider) string {
	return cmp.Or(provider.Spec.ServiceAccountName, r.DefaultAccount)
}
