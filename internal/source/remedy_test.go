package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

func TestWhatHappenedIsFollowedByWhatToDo(t *testing.T) {
	for kind, words := range map[error]string{
		transport.ErrUnauthorized:  "check that the token in the Secret is valid",
		transport.ErrForbidden:     "check that the token may read",
		transport.ErrNotFound:      "check the URL",
		transport.ErrUnavailable:   "will be asked again",
		transport.ErrInvalidAnswer: "check that spec.url is the forge",
		transport.ErrAuthority:     "name its authority in spec.certSecretRef",
		transport.ErrTooMuch:       "narrow what the provider watches",
		transport.ErrNetwork:       "--provider-networks",
		transport.ErrIdentity:      "spec.serviceAccountName",
	} {
		err := source.WithRemedy(fmt.Errorf("listing: %w", &transport.Error{What: "it went wrong", Kind: kind}))
		if !errors.Is(err, kind) || !strings.HasPrefix(err.Error(), "listing: it went wrong: ") || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v", err)
		}
	}
	limited := &transport.Error{What: "429", Kind: &transport.RateLimited{Until: time.Unix(0, 0)}}
	if got := source.WithRemedy(limited).Error(); got != "429: the rate limit is used up until 1970-01-01T00:00:00Z" {
		t.Errorf("of a limit it says %s", got)
	}
	if source.WithRemedy(nil) != nil {
		t.Error("where nothing went wrong there is something to do")
	}
}

func TestAnAuthorityThatNobodyKnowsIsToBeNamed(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, err := openWith(t, source.Config{Type: v1.InputProviderGiteaPullRequest, URL: server.URL + "/acme/api"}).List(context.Background(), source.Query{})
	if !errors.Is(err, transport.ErrAuthority) || !strings.Contains(err.Error(), "unknown authority: name its authority in spec.certSecretRef") {
		t.Errorf("got %v", err)
	}
}
