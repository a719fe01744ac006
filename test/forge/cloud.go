package forge

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Cloud is the token services of AWS, Azure and Google Cloud, as far as
// workload identity goes: each takes the token of a Kubernetes service account.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
// https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
// https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
type Cloud struct {
	// Subject is whose tokens are taken: system:serviceaccount:NAMESPACE:NAME.
	Subject string
	// Refresh is what Azure's registry gives for a token.
	Refresh string

	mu sync.Mutex
	// exchanged are the audiences of the tokens that were taken.
	exchanged []string
}

// Hosts that the services answer at.
func (c *Cloud) Hosts() map[string]http.Handler {
	return map[string]http.Handler{
		"sts.eu-west-1.amazonaws.com":     http.HandlerFunc(c.sts),
		"api.ecr.eu-west-1.amazonaws.com": http.HandlerFunc(c.ecr),
		"login.microsoftonline.com":       http.HandlerFunc(c.entra),
		"sts.googleapis.com":              http.HandlerFunc(c.google),
	}
}

// NewCloud returns a cloud that takes the tokens of one account.
func NewCloud(t testing.TB, namespace, account string) *Cloud {
	t.Helper()
	refresh, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"exp": time.Now().Add(3 * time.Hour).Unix()}).SignedString([]byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	return &Cloud{Subject: "system:serviceaccount:" + namespace + ":" + account, Refresh: refresh}
}

// Exchanged returns the audiences of the tokens that were taken.
func (c *Cloud) Exchanged() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.exchanged
}

// takes checks whose token it is.
func (c *Cloud) takes(w http.ResponseWriter, token string) bool {
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(token, claims)
	subject, _ := claims.GetSubject()
	if err != nil || subject != c.Subject {
		answer(w, http.StatusForbidden, map[string]string{"error": "access_denied", "error_description": "the token " + token + " is of " + subject})
		return false
	}
	audience, _ := claims.GetAudience() // the API server writes a list
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchanged = append(c.exchanged, strings.Join(audience, ","))
	return true
}

func (c *Cloud) sts(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("Action") != "AssumeRoleWithWebIdentity" || !c.takes(w, r.FormValue("WebIdentityToken")) {
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	write(w, fmt.Sprintf(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>%s</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
}

func (c *Cloud) ecr(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "GetAuthorizationToken") || !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIA/") {
		answer(w, http.StatusForbidden, map[string]string{"__type": "AccessDeniedException"})
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	write(w, fmt.Sprintf(`{"authorizationData":[{"authorizationToken":%q,"expiresAt":%d}]}`,
		base64.StdEncoding.EncodeToString([]byte("AWS:"+Token)), time.Now().Add(12*time.Hour).Unix()))
}

func (c *Cloud) entra(w http.ResponseWriter, r *http.Request) {
	const host = "https://login.microsoftonline.com"
	tenant, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case strings.HasSuffix(r.URL.Path, "/discovery/instance"):
		answer(w, http.StatusOK, map[string]any{"tenant_discovery_endpoint": host + "/tenant/v2.0/.well-known/openid-configuration", "metadata": []any{
			map[string]any{"preferred_network": "login.microsoftonline.com", "preferred_cache": "login.windows.net", "aliases": []string{"login.microsoftonline.com"}},
		}})
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		answer(w, http.StatusOK, map[string]any{
			"issuer": host + "/" + tenant + "/v2.0", "authorization_endpoint": host + "/" + tenant + "/oauth2/v2.0/authorize",
			"token_endpoint": host + "/" + tenant + "/oauth2/v2.0/token",
		})
	case c.takes(w, r.FormValue("client_assertion")):
		answer(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": "entra-" + strings.ReplaceAll(r.FormValue("scope"), " ", "+")})
	}
}

// ACR is a registry of Azure, which exchanges a token of Entra ID for its own.
func (c *Cloud) ACR(registry *Registry) http.Handler {
	registry.Password = c.Refresh
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/oauth2/exchange":
			registry.ServeHTTP(w, r)
		case strings.HasPrefix(r.FormValue("access_token"), "entra-"):
			answer(w, http.StatusOK, map[string]string{"refresh_token": c.Refresh})
		default:
			registryError(w, http.StatusUnauthorized, "UNAUTHORIZED", "invalid token")
		}
	})
}

func (c *Cloud) google(w http.ResponseWriter, r *http.Request) {
	if c.takes(w, r.FormValue("subject_token")) {
		answer(w, http.StatusOK, map[string]any{
			"access_token": Token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 3600,
		})
	}
}

// Accept lets a forge take a bearer token that begins with these words, and no other.
func (f *Forge) Accept(prefix string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialect.authorized = func(r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+prefix)
	}
}
