package forge

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// App is a GitHub App that is installed at a forge, whose tokens it accepts and
// no others.
//
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
type App struct {
	ID, Installation, Organisation string
	// Key is the private key in PEM.
	Key []byte
	// Life of a token; an hour at GitHub.
	Life time.Duration

	key    *rsa.PrivateKey
	tokens map[string]time.Time
}

// InstallApp makes a GitHub server one that an app logs in to.
func (f *Forge) InstallApp(t testing.TB) *App {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	app := &App{
		ID: "1234", Installation: "5678", Organisation: "acme", Life: time.Hour, key: key, tokens: map[string]time.Time{},
		Key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialect.also = app.serve
	f.dialect.authorized = func(r *http.Request) bool {
		expires, issued := app.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		return issued && time.Now().Before(expires)
	}
	return app
}

// Issued returns how many tokens the app got from a forge.
func (f *Forge) Issued(a *App) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(a.tokens)
}

// serve answers what an app asks with its own signature.
func (a *App) serve(w http.ResponseWriter, r *http.Request) bool {
	c := gitHubContract()
	path, ours := strings.CutPrefix(r.URL.Path, "/api/v3")
	tokens := r.Method == http.MethodPost && path == "/app/installations/"+a.Installation+"/access_tokens"
	installation := strings.HasPrefix(path, "/orgs/") || strings.HasPrefix(path, "/users/")
	if !ours || !tokens && !installation {
		return false
	}
	if err := a.verify(r); err != nil {
		answer(w, http.StatusUnauthorized, map[string]string{"message": "A JSON web token could not be decoded: " + err.Error()})
		return true
	}
	switch {
	case tokens:
		token := fmt.Sprintf("ghs_%d", len(a.tokens))
		a.tokens[token] = time.Now().Add(a.Life)
		answer(w, http.StatusCreated, c.sample(http.MethodPost, "/app/installations/{installation_id}/access_tokens", "token").with(map[string]any{
			"token": token, "expires_at": a.tokens[token].UTC().Format(time.RFC3339Nano),
		}))
	case path == "/orgs/"+a.Organisation+"/installation":
		answer(w, http.StatusOK, c.sample(http.MethodGet, "/orgs/{org}/installation", "installation").with(map[string]any{"id": 5678}))
	default:
		answer(w, http.StatusNotFound, map[string]string{"message": "Not Found"})
	}
	return true
}

// verify checks the signature of the app, who signed, and when.
func (a *App) verify(r *http.Request) error {
	_, err := jwt.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
		func(*jwt.Token) (any, error) { return &a.key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(a.ID), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	return err
}
