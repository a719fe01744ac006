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

	"github.com/eddy-previews/eddy/internal/forge/github"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// isGitHubApp tells a Secret with an app from one with a token.
func isGitHubApp(ref Reference, secret *corev1.Secret) bool {
	kind, _ := source.TypeOf(ref.Type) // what is not known is refused when it is opened
	return kind.Apps && text(secret, githubapp.KeyAppID) != ""
}

// gitHubApp logs in as an app, and returns the token of its installation. One
// token serves all runs until a fifth of its hour is left.
func (r *Reader) gitHubApp(ctx context.Context, ref Reference, secret *corev1.Secret, config source.Config) (transport.Credentials, error) {
	app := github.App{
		ID: text(secret, githubapp.KeyAppID), Installation: text(secret, githubapp.KeyAppInstallationID),
		Owner: text(secret, githubapp.KeyAppInstallationOwner), Key: []byte(text(secret, githubapp.KeyAppPrivateKey)),
		API: text(secret, githubapp.KeyAppBaseURL),
	}
	if app.API == "" {
		app.API = gitHubAPI(ref.URL)
	}
	token, err := r.appToken(ctx, ref, app, config.Way())
	if err != nil {
		return transport.Credentials{}, fmt.Errorf("%s: logging in as the GitHub App of Secret %s/%s: %w", ref.Secret.Field, secret.Namespace, secret.Name, source.WithRemedy(err))
	}
	return transport.Credentials{Username: githubapp.AccessTokenUsername, Password: token}, nil
}

// appToken returns a token that is kept, or a new one.
func (r *Reader) appToken(ctx context.Context, ref Reference, app github.App, way transport.Config) (string, error) {
	if err := app.Check(); err != nil {
		return "", err
	}
	login := func(ctx context.Context) (cache.Token, error) { return app.Login(ctx, way) }
	if r.Tokens == nil {
		token, err := app.Login(ctx, way)
		if err != nil {
			return "", err
		}
		return token.Token, nil
	}
	found, _, err := r.Tokens.GetOrSet(ctx, appKey(ref, app), login,
		cache.WithInvolvedObject(ref.Kind, ref.Name, ref.Namespace, cache.OperationReconcile))
	if err != nil {
		return "", err
	}
	token, ok := found.(*github.Token)
	if !ok {
		return "", fmt.Errorf("the token is a %T", found)
	}
	return token.Token, nil
}

// appKey is what a token is kept by. One that came by a provider's own proxy or
// by authorities of its own is for those alone who go the same way.
func appKey(ref Reference, app github.App) string {
	way := ""
	if certificates, proxy := ref.Certificates.Name, ref.Proxy.Name; certificates != "" || proxy != "" {
		way = fmt.Sprintf("%s %q %q", ref.Namespace, certificates, proxy)
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
