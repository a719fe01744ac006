// Package credential turns a reference, such as that of a provider, to Secrets and
// a service account into the configuration of a source.
//
//	config, err := reader.Config(ctx, credential.Of(provider))
//
// A reference names the Secret with the credentials as it likes: the same
// repository is opened as somebody else by a reference with another one.
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

	"github.com/fluxcd/pkg/cache"
	"github.com/fluxcd/pkg/runtime/secrets"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
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
	// Pools are what providers share on their way to a forge; nothing when nil.
	Pools *transport.Pools
	// Watch is told which Secrets are read for whom; nil for nobody.
	Watch *Watch
}

// Config gathers what is needed to reach what a reference names. The error names
// the field of the spec, and what is missing.
func (r *Reader) Config(ctx context.Context, ref Reference) (source.Config, error) {
	config := source.Config{Type: ref.Type, URL: ref.URL, Insecure: ref.Insecure, Pools: r.Pools}
	kind, _ := source.TypeOf(ref.Type) // what is not known is refused when it is opened
	pulls, err := r.pullSecrets(ctx, ref)
	if err != nil {
		return config, err
	}
	// From before they are read: no change is missed in between.
	r.Watch.Follow(ctx, ref.follower(), append(ref.secrets(), pulls...))
	if err := r.connection(ctx, ref, &config); err != nil {
		return config, err
	}
	switch {
	case ref.Type == v1.InputProviderExternalArtifact:
		config.Artifacts = r.artifacts(ref)
	case kind.Watches == source.ArtifactTag && kind.Identity == nil:
		config.Registry, err = r.keychain(ctx, ref, pulls)
	case ref.Secret.Name != "":
		config.Credentials, err = r.login(ctx, ref, config)
	default:
		err = r.identify(ctx, ref, &config)
	}
	return config, err
}

// Forget is for a provider that is gone or suspended.
func (r *Reader) Forget(provider *v1.ResourceSetInputProvider) {
	r.Watch.Forget(client.ObjectKeyFromObject(provider))
	r.Tokens.DeleteEventsForObject(v1.ResourceSetInputProviderKind, provider.Name, provider.Namespace, cache.OperationReconcile)
}

// connection reads certificates and the proxy.
func (r *Reader) connection(ctx context.Context, ref Reference, config *source.Config) error {
	if named := ref.Certificates; named.Name != "" {
		secret, err := r.secret(ctx, ref.Namespace, named)
		if err != nil {
			return err
		}
		// A private authority is trusted beside those of the system.
		if config.TLS, err = secrets.TLSConfigFromSecret(ctx, secret, secrets.WithSystemCertPool()); err != nil {
			return fmt.Errorf("%s: %w", named.Field, err)
		}
	}
	if named := ref.Proxy; named.Name != "" {
		secret, err := r.secret(ctx, ref.Namespace, named)
		if err != nil {
			return err
		}
		if config.Proxy, err = proxy(secret, named.Field); err != nil {
			return err
		}
	}
	return nil
}

// proxy reads address, username and password. The error does not repeat an
// address, which may hold credentials.
func proxy(secret *corev1.Secret, field string) (*url.URL, error) {
	address, err := url.Parse(text(secret, "address"))
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" && address.Scheme != "socks5" {
		return nil, fmt.Errorf("%s: Secret %s/%s has no address under the key address: it needs http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
			field, secret.Namespace, secret.Name)
	}
	if username := text(secret, "username"); username != "" {
		address.User = url.UserPassword(username, text(secret, "password"))
	}
	return address, nil
}

// login reads the Secret with the credentials for a forge or a service.
func (r *Reader) login(ctx context.Context, ref Reference, config source.Config) (transport.Credentials, error) {
	secret, err := r.secret(ctx, ref.Namespace, ref.Secret)
	if err != nil {
		return transport.Credentials{}, err
	}
	switch {
	case isGitHubApp(ref, secret):
		return r.gitHubApp(ctx, ref, secret, config)
	case ref.Type == v1.InputProviderExternalService && text(secret, "token") != "":
		return transport.Credentials{Token: text(secret, "token")}, nil
	default:
		return password(secret, ref.Secret.Field)
	}
}

// password reads username and password; both are needed.
func password(secret *corev1.Secret, field string) (transport.Credentials, error) {
	for _, key := range []string{"username", "password"} {
		if text(secret, key) == "" {
			return transport.Credentials{}, fmt.Errorf("%s: Secret %s/%s has no value under the key %q: it needs username (any text) and password (the token)",
				field, secret.Namespace, secret.Name, key)
		}
	}
	return transport.Credentials{Username: text(secret, "username"), Password: text(secret, "password")}, nil
}

// text returns a value without the white space that editors leave around it.
func text(secret *corev1.Secret, key string) string {
	return strings.TrimSpace(string(secret.Data[key]))
}

// secret reads a Secret for a field of the spec.
func (r *Reader) secret(ctx context.Context, namespace string, named Name) (*corev1.Secret, error) {
	field, name := named.Field, named.Name
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

// account is whose identity is used in a cloud; "" for the operator's.
func (r *Reader) account(ref Reference) string {
	return cmp.Or(ref.ServiceAccount, r.DefaultAccount)
}
