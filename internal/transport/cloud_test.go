package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// apiError is how the libraries of AWS tell of an error.
type apiError struct{ code, message, text string }

func (e apiError) Error() string        { return e.text }
func (e apiError) ErrorCode() string    { return e.code }
func (e apiError) ErrorMessage() string { return e.message }

func TestOfACloudsAnswerTheCodeAndTheDescriptionAreToldAndNoSecret(t *testing.T) {
	const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"
	const key = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYabcdef"
	for name, c := range map[string]struct {
		err        error
		want, none string
	}{
		"STS": {
			fmt.Errorf("failed to create token: %w", apiError{"InvalidIdentityToken", "no provider for " + jwt, "operation error STS, https response error StatusCode: 400, body " + key}),
			"(InvalidIdentityToken: no provider for ***)", jwt,
		},
		"Entra": {
			errors.New("credential authentication failed. \nPOST https://login.microsoftonline.com/t/oauth2\n----\nRESPONSE 401\n{\n \"error\": \"invalid_client\", \"error_description\": \"AADSTS700016: no such application\", \"claims\": \"" + key + "\"}"),
			"credential authentication failed (invalid_client: AADSTS700016: no such application)", key,
		},
		"Google": {
			errors.New(`oauth2/google: status code 403: {"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED", "details": ["` + key + `"]}}`),
			"oauth2/google (PERMISSION_DENIED: denied)", key,
		},
		"a page":          {errors.New("status code 500: <html>" + "inner words"), "", "inner words"},
		"plain text":      {errors.New("oauth2/google: status code 500: inner words"), "oauth2/google", "inner words"},
		"an odd code":     {errors.New(`oauth2: {"error": "inner words of it"}`), "oauth2", "inner words"},
		"a long text":     {errors.New(strings.Repeat("long ", 1000) + "inner words"), "long", "inner words"},
		"no HTTP":         {fmt.Errorf("exchanging: %w", &url.Error{Op: "Post", URL: "https://sts.amazonaws.com/?Key=" + key, Err: errors.New("malformed HTTP response \"inner words\"")}), "exchanging: asking sts.amazonaws.com: the answer is not HTTP", "inner words"},
		"nobody there":    {&url.Error{Op: "Post", URL: "https://sts.amazonaws.com", Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}}, "asking sts.amazonaws.com: dial tcp: connection refused", "Post"},
		"a known secret":  {errors.New("asked with s3cret!"), "asked with ***", "s3cret"},
		"an access key":   {errors.New("signed by AKIAIOSFODNN7EXAMPLE"), "signed by ***", "AKIAIOSFODNN7EXAMPLE"},
		"the API server":  {errors.New(`serviceaccounts "absent" not found`), `serviceaccounts "absent" not found`, "***"},
		"a named account": {errors.New("failed to get service account 'app-dev/previews'"), "'app-dev/previews'", "***"},
	} {
		t.Run(name, func(t *testing.T) {
			config := Config{Service: regexp.MustCompile("x"), Credentials: Credentials{Token: "s3cret!"}}
			err := IdentityError(config, c.err)
			got := err.Error()
			if !strings.Contains(got, c.want) || strings.Contains(got, c.none) || len(got) > maxAction+2*maxMessage || !errors.Is(err, ErrIdentity) {
				t.Errorf("got %s", got)
			}
		})
	}
	if err := IdentityError(Config{}, fmt.Errorf("no time: %w", context.DeadlineExceeded)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
