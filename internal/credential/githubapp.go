package credential

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/fluxcd/pkg/auth/githubapp"
	"github.com/fluxcd/pkg/cache"
	"github.com/google/go-github/v87/github"
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// isGitHubApp tells a Secret with an app from one with a token.
func isGitHubApp(provider *v1.ResourceSetInputProvider, secret *corev1.Secret) bool {
	return strings.HasPrefix(provider.Spec.Type, "GitHub") && text(secret, githubapp.KeyAppID) != ""
}

// gitHubApp logs in as an app, and returns the token of its installation. One
// token serves all runs until a fifth of its hour is left.
func (r *Reader) gitHubApp(ctx context.Context, provider *v1.ResourceSetInputProvider, secret *corev1.Secret, config source.Config) (source.Credentials, error) {
	data := map[string][]byte{}
	for _, key := range []string{
		githubapp.KeyAppID, githubapp.KeyAppInstallationID, githubapp.KeyAppInstallationOwner,
		githubapp.KeyAppPrivateKey, githubapp.KeyAppBaseURL,
	} {
		if value := text(secret, key); value != "" {
			data[key] = []byte(value)
		}
	}
	if _, given := data[githubapp.KeyAppBaseURL]; !given {
		if base := enterprise(provider.Spec.URL); base != "" {
			data[githubapp.KeyAppBaseURL] = []byte(base)
		}
	}
	options := []githubapp.OptFunc{githubapp.WithAppData(data), githubapp.WithTLSConfig(config.TLS)}
	if config.Proxy != nil {
		options = append(options, githubapp.WithProxyURL(config.Proxy))
	}
	if r.Tokens != nil {
		options = append(options, githubapp.WithCache(r.Tokens, v1.ResourceSetInputProviderKind, provider.Name, provider.Namespace, cache.OperationReconcile))
	}
	username, token, err := githubapp.GetCredentials(ctx, options...)
	if err != nil {
		return source.Credentials{}, fmt.Errorf("spec.secretRef: logging in as the GitHub App of Secret %s/%s: %w", secret.Namespace, secret.Name, limited(err))
	}
	return source.Credentials{Username: username, Password: token}, nil
}

// limited says until when, where GitHub wants to be left alone.
func limited(err error) error {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	switch {
	case errors.As(err, &primary):
		return &source.RateLimited{Until: primary.Rate.Reset.Time}
	case errors.As(err, &secondary) && secondary.RetryAfter != nil:
		return &source.RateLimited{Until: time.Now().Add(*secondary.RetryAfter)}
	default:
		return err
	}
}

// enterprise returns the address of the API of a GitHub that is not github.com.
func enterprise(repository string) string {
	at, err := url.Parse(repository)
	if err != nil || at.Host == "github.com" {
		return ""
	}
	return at.Scheme + "://" + at.Host + "/api/v3/"
}
