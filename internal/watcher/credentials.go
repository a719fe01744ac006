package watcher

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/fluxcd/pkg/runtime/secrets"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// config gathers what is needed to reach the provider's forge.
func (r *Reconciler) config(ctx context.Context, provider *v1.ResourceSetInputProvider) (source.Config, error) {
	config := source.Config{Type: provider.Spec.Type, URL: provider.Spec.URL}
	if ref := provider.Spec.SecretRef; ref != nil {
		secret, err := r.secret(ctx, provider, "spec.secretRef", ref.Name)
		if err != nil {
			return config, err
		}
		if config.Credentials, err = credentials(secret); err != nil {
			return config, err
		}
	}
	if ref := provider.Spec.CertSecretRef; ref != nil {
		secret, err := r.secret(ctx, provider, "spec.certSecretRef", ref.Name)
		if err != nil {
			return config, err
		}
		if config.TLS, err = tlsConfig(ctx, secret); err != nil {
			return config, err
		}
	}
	return config, nil
}

func (r *Reconciler) secret(ctx context.Context, provider *v1.ResourceSetInputProvider, field, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: provider.Namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%s: there is no Secret %q in namespace %q: create it, or correct the name", field, name, provider.Namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: reading Secret %s/%s: %w", field, provider.Namespace, name, err)
	}
	return secret, nil
}

// credentials reads username and password; both are needed.
func credentials(secret *corev1.Secret) (source.Credentials, error) {
	read := func(key string) (string, error) {
		value := strings.TrimSpace(string(secret.Data[key]))
		if value == "" {
			return "", fmt.Errorf("spec.secretRef: Secret %s/%s has no value under the key %q: it needs username (any text) and password (the token)",
				secret.Namespace, secret.Name, key)
		}
		return value, nil
	}
	username, err := read("username")
	if err != nil {
		return source.Credentials{}, err
	}
	password, err := read("password")
	return source.Credentials{Username: username, Password: password}, err
}

// tlsConfig reads ca.crt, and tls.crt with tls.key. A private authority is
// trusted beside those of the system.
func tlsConfig(ctx context.Context, secret *corev1.Secret) (*tls.Config, error) {
	config, err := secrets.TLSConfigFromSecret(ctx, secret, secrets.WithSystemCertPool())
	if err != nil {
		return nil, fmt.Errorf("spec.certSecretRef: %w", err)
	}
	return config, nil
}
