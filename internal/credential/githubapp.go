package credential

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"

	"github.com/fluxcd/pkg/auth/githubapp"
	"github.com/fluxcd/pkg/cache"
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
	app := source.GitHubApp{
		ID: text(secret, githubapp.KeyAppID), Installation: text(secret, githubapp.KeyAppInstallationID),
		Owner: text(secret, githubapp.KeyAppInstallationOwner), Key: []byte(text(secret, githubapp.KeyAppPrivateKey)),
		API: text(secret, githubapp.KeyAppBaseURL),
	}
	if app.API == "" {
		app.API = gitHubAPI(provider.Spec.URL)
	}
	token, err := r.appToken(ctx, provider, app, config)
	if err != nil {
		return source.Credentials{}, fmt.Errorf("spec.secretRef: logging in as the GitHub App of Secret %s/%s: %w", secret.Namespace, secret.Name, err)
	}
	return source.Credentials{Username: githubapp.AccessTokenUsername, Password: token}, nil
}

// appToken returns a token that is kept, or a new one.
func (r *Reader) appToken(ctx context.Context, provider *v1.ResourceSetInputProvider, app source.GitHubApp, config source.Config) (string, error) {
	if err := app.Check(); err != nil {
		return "", err
	}
	config.Clients = r.Clients
	login := func(ctx context.Context) (cache.Token, error) { return app.Login(ctx, config) }
	if r.Tokens == nil {
		token, err := app.Login(ctx, config)
		if err != nil {
			return "", err
		}
		return token.Token, nil
	}
	found, _, err := r.Tokens.GetOrSet(ctx, appKey(provider, app), login,
		cache.WithInvolvedObject(v1.ResourceSetInputProviderKind, provider.Name, provider.Namespace, cache.OperationReconcile))
	if err != nil {
		return "", err
	}
	token, ok := found.(*source.GitHubToken)
	if !ok {
		return "", fmt.Errorf("the token is a %T", found)
	}
	return token.Token, nil
}

// appKey is what a token is kept by. One that came by a provider's own proxy or
// by authorities of its own is for those alone who go the same way.
func appKey(provider *v1.ResourceSetInputProvider, app source.GitHubApp) string {
	way := ""
	if cert, proxy := provider.Spec.CertSecretRef, provider.Spec.ProxySecretRef; cert != nil || proxy != nil {
		way = fmt.Sprintf("%s %v %v", provider.Namespace, cert, proxy)
	}
	return fmt.Sprintf("github-app-%x", sha256.Sum256(fmt.Appendf(nil, "%q %q", app, way)))
}

// gitHubAPI returns the address of the API of a GitHub.
func gitHubAPI(repository string) string {
	at, err := url.Parse(repository)
	switch {
	case err != nil || at.Host == "github.com":
		return "https://api.github.com"
	case strings.HasSuffix(at.Host, ".ghe.com"):
		return at.Scheme + "://api." + at.Host
	default:
		return at.Scheme + "://" + at.Host + "/api/v3"
	}
}
