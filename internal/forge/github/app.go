package github

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// App is an app as its Secret describes it.
type App struct {
	// ID of the app.
	ID string
	// Installation is its number; Owner is where it is installed. One is given.
	Installation, Owner string
	// Key is the private key, as PEM.
	Key []byte
	// API is the address of the API.
	API string
}

// Token is the token of an installation.
type Token struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires_at"`
}

// GetDuration returns how long it is good for.
func (t *Token) GetDuration() time.Duration { return time.Until(t.Expires) }

// Check says what is missing.
func (a App) Check() error {
	switch {
	case len(a.Key) == 0:
		return errors.New("a private key must be provided, under the key githubAppPrivateKey")
	case a.Installation == "" && a.Owner == "":
		return errors.New("an installation owner or ID must be provided, under the key githubAppInstallationOwner or githubAppInstallationID")
	case a.Installation != "" && a.Owner != "":
		return errors.New("only one of installation owner and ID may be provided")
	default:
		return nil
	}
}

// Login takes a token for an installation. It is asked for as all else is: by
// the way of the configuration, and as strictly.
func (a App) Login(ctx context.Context, config transport.Config) (*Token, error) {
	signed, err := a.sign(config.Now())
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(a.Key)
	config.URL, config.Credentials = a.API, transport.Credentials{Username: a.ID, Token: fmt.Sprintf("%x", key)} // who is counted
	session := appSession{http: transport.NewClient(config, transport.Dialect{Says: transport.Field("message")}), api: strings.TrimRight(a.API, "/"), jwt: signed}
	installation, err := session.installation(ctx, a)
	if err != nil {
		return nil, transport.Plain(err)
	}
	var token Token
	if err := session.ask(ctx, http.MethodPost, "/app/installations/"+url.PathEscape(installation)+"/access_tokens", &token); err != nil {
		return nil, transport.Plain(err)
	}
	if token.Token == "" || token.Expires.IsZero() {
		return nil, &transport.Error{What: "201 Created without a token", Kind: transport.ErrInvalidAnswer}
	}
	return &token, nil
}

// sign makes the short-lived token of the app itself.
//
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
func (a App) sign(now time.Time) (string, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM(a.Key)
	if err != nil {
		return "", errors.New("the private key is not RSA in PEM")
	}
	now = now.Truncate(time.Second)
	issued := now.Add(-30 * time.Second) // clocks differ
	return jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: a.ID, IssuedAt: jwt.NewNumericDate(issued), ExpiresAt: jwt.NewNumericDate(issued.Add(2 * time.Minute)),
	}).SignedString(key)
}

// appSession asks GitHub as an app.
type appSession struct {
	http     *http.Client
	api, jwt string
}

func (s appSession) ask(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.api+path, nil)
	if err != nil {
		return &transport.Error{What: "githubAppBaseURL is not a URL", Kind: transport.ErrInvalidAnswer}
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("Authorization", "Bearer "+s.jwt)
	_, err = transport.Do(s.http, req, into)
	return err
}

// installation returns the number of the installation: that of an organisation,
// or else of a person.
func (s appSession) installation(ctx context.Context, a App) (string, error) {
	if a.Installation != "" {
		return a.Installation, nil
	}
	var found struct {
		ID int64 `json:"id"`
	}
	err := s.ask(ctx, http.MethodGet, "/orgs/"+url.PathEscape(a.Owner)+"/installation", &found)
	if errors.Is(err, transport.ErrNotFound) {
		err = s.ask(ctx, http.MethodGet, "/users/"+url.PathEscape(a.Owner)+"/installation", &found)
	}
	if err == nil {
		err = forge.Exists(found.ID)
	}
	return strconv.FormatInt(found.ID, 10), err
}
