package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestEveryBadAnswerIsAnErrorThatSaysWhatToDo(t *testing.T) {
	cases := []struct {
		name  string
		fault forge.Fault
		kind  error
		words string
	}{
		{"401", forge.Status(http.StatusUnauthorized), transport.ErrUnauthorized, "401 Unauthorized"},
		{"403", forge.Status(http.StatusForbidden), transport.ErrForbidden, "403 Forbidden"},
		{"404", forge.Status(http.StatusNotFound), transport.ErrNotFound, "404 Not Found"},
		{"500", forge.Status(http.StatusInternalServerError), transport.ErrUnavailable, "500 Internal Server Error"},
		{"502", forge.Status(http.StatusBadGateway), transport.ErrUnavailable, "502 Bad Gateway"},
		{"204", forge.Status(http.StatusNoContent), transport.ErrInvalidAnswer, "204 No Content"},
		{"a truncated body", forge.Truncated(), transport.ErrInvalidAnswer, "ended early"},
		{"broken JSON", forge.Body("application/json", `[{"number":`), transport.ErrInvalidAnswer, "broken or truncated"},
		{"an empty body", forge.Body("application/json", ""), transport.ErrInvalidAnswer, "an empty body"},
		{"a web page", forge.SignInPage(http.StatusOK), transport.ErrInvalidAnswer, "a web page instead of JSON"},
		{"the page of an expired token", forge.SignInPage(http.StatusNonAuthoritativeInfo), transport.ErrUnauthorized, "203"},
		{"a redirect to sign in", forge.Redirect("/users/sign_in"), transport.ErrUnauthorized, "redirected to"},
		{"a redirect to another host", forge.Redirect("http://127.0.0.1:1/elsewhere"), transport.ErrUnauthorized, "redirected to"},
		{"a huge body", forge.Huge(11), transport.ErrInvalidAnswer, "larger than 10 MiB"},
		{"what unpacks to a huge body", forge.Bomb(100), transport.ErrInvalidAnswer, "larger than 10 MiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
				f.Open(forge.Request{})
				f.Break(c.fault)
				_, err := repository.List(context.Background(), source.Query{})
				if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), f.URL) {
					t.Errorf("listing: %v", err)
				}
				_, err = repository.Lookup(context.Background(), "1")
				if errors.Is(err, transport.ErrNotFound) || !strings.Contains(fmt.Sprint(err), c.words) {
					t.Errorf("looking up: %v", err)
				}
			})
		})
	}
}

func TestAWrongTokenIsRefused(t *testing.T) {
	for name, start := range forges {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			tokens := []string{"", "wrong"}
			if f.AWS != nil { // nothing is signed without a key
				tokens = tokens[1:]
			}
			for _, token := range tokens {
				if _, err := open(t, f, token).List(context.Background(), source.Query{}); !errors.Is(err, transport.ErrUnauthorized) {
					t.Errorf("with the token %q: %v", token, err)
				}
			}
		})
	}
}

func TestALimitSaysUntilWhen(t *testing.T) {
	reset := time.Now().Add(time.Hour).Truncate(time.Second)
	cases := []struct {
		name  string
		fault forge.Fault
		until time.Time
	}{
		{"Retry-After in seconds", forge.Status(http.StatusTooManyRequests, "Retry-After", "3600"), reset},
		{"Retry-After as a date", forge.Status(http.StatusTooManyRequests, "Retry-After", reset.UTC().Format(http.TimeFormat)), reset},
		{"a secondary limit", forge.Status(http.StatusForbidden, "Retry-After", "3600"), reset},
		{"X-RateLimit-Reset", forge.Status(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", unix(reset)), reset},
		{"RateLimit-Reset", forge.Status(http.StatusTooManyRequests, "RateLimit-Reset", unix(reset)), reset},
		{"nothing", forge.Status(http.StatusTooManyRequests), time.Now().Add(time.Minute)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
				f.Break(c.fault)
				_, err := repository.List(context.Background(), source.Query{})
				var limited *transport.RateLimited
				if !errors.As(err, &limited) {
					t.Fatalf("listing: %v", err)
				}
				if off := limited.Until.Sub(c.until).Abs(); off > 5*time.Second {
					t.Errorf("until %s, want %s", limited.Until, c.until)
				}
			})
		})
	}
}

func TestAPageThatNeverEndsIsAnError(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		for range 150 {
			f.Open(forge.Request{})
		}
		f.Endless()
		_, err := repository.List(context.Background(), source.Query{})
		if err == nil || !errors.Is(err, transport.ErrInvalidAnswer) || !strings.Contains(err.Error(), "does not end") {
			t.Errorf("listing: %v", err)
		}
	})
}

// A forge that counts is held to its count, and after a full page the next one
// is asked for, whatever the forge says of it.
func TestAListingThatEndsEarlyIsFoundOut(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		for range 150 {
			f.Open(forge.Request{})
		}
		f.EndsEarly()
		items, err := repository.List(context.Background(), source.Query{})
		if err == nil && len(items) != 150 || err != nil && !strings.Contains(err.Error(), "of 150") {
			t.Errorf("listed %d requests: %v", len(items), err)
		}
	})
}

func TestAListThatIsNoListIsAnError(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		for _, body := range []string{
			`null`, `{}`, `[{}]`, `[null]`, `{"value": null}`, `{"value": [null], "count": 1}`, `{"values": [null]}`, `{"value": null, "count": 0}`, `"text"`, `{"count": 3, "value": [{"pullRequestId": 1}]}`,
		} {
			f.Break(forge.Body("application/json", body))
			if items, err := repository.List(context.Background(), source.Query{}); err == nil {
				t.Errorf("%s is a list of %d requests", body, len(items))
			}
		}
	})
}

func TestNoErrorHoldsTheToken(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		if f.AWS != nil { // the secret key is never sent
			return
		}
		f.Break(forge.Echo())
		_, err := repository.List(context.Background(), source.Query{})
		if err == nil || strings.Contains(err.Error(), forge.Token) {
			t.Errorf("listing: %v", err)
		}
	})
}

func TestASlowForgeIsNotWaitedForForEver(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		f.Break(func(_ http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		})
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if _, err := repository.List(ctx, source.Query{}); err == nil {
			t.Error("the listing succeeded")
		}
	})
}
