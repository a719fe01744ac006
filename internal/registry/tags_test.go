package registry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestALinkThatLeadsBackIsNotFollowed(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	fake.Break(only("/list", repeats(`</v2/acme/api/tags/list?n=1>; rel="prev"`)))
	if items := tags(t, pull(t, fake, forge.Token)); len(items) != 1 {
		t.Errorf("listed %v", items)
	}
}

func TestEveryBadAnswerOfARegistryIsAnErrorThatSaysWhatHappened(t *testing.T) {
	cases := []struct {
		name  string
		fault forge.Fault
		kind  error
		words string
	}{
		{"a token service in trouble", only("/token", forge.Status(http.StatusInternalServerError)), transport.ErrUnavailable, "500"},
		{"a token service that refuses", only("/token", forge.Status(http.StatusForbidden)), transport.ErrForbidden, "403"},
		{"a token service behind a sign-in page", only("/token", forge.SignInPage(http.StatusOK)), nil, "listing the tags"},
		{"a listing that fails", only("/list", forge.Status(http.StatusBadGateway)), transport.ErrUnavailable, "502"},
		{"a truncated listing", only("/list", forge.Truncated()), transport.ErrInvalidAnswer, "ended early"},
		{"a web page", only("/list", forge.SignInPage(http.StatusOK)), transport.ErrInvalidAnswer, "not a list of tags"},
		{"another object", only("/list", forge.Body("application/json", `{}`)), transport.ErrInvalidAnswer, "not a list of tags"},
		{"a huge listing", only("/list", forge.Huge(11)), transport.ErrInvalidAnswer, "larger than 10 MiB"},
		{"a page that repeats", only("/list", repeats(`</v2/acme/api/tags/list?last=a>; rel="next"`)), transport.ErrInvalidAnswer, "does not end"},
		{"a page at another host", only("/list", repeats(`<https://127.0.0.1:1/v2/>; rel="next"`)), transport.ErrInvalidAnswer, "leads nowhere"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fake := forge.NewRegistry(t)
			fake.Push(t, "", "a")
			fake.Break(c.fault)
			_, err := pull(t, fake, forge.Token).Tags(context.Background())
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), fake.URL) {
				t.Errorf("listing: %v", err)
			}
		})
	}
}

// only lets a fault answer for some paths.
func only(suffix string, fault forge.Fault) forge.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, suffix) && fault(w, r)
	}
}

// repeats answers each page with the same tags and link.
func repeats(link string) forge.Fault {
	page := forge.Body("application/json", `{"name": "acme/api", "tags": ["a"]}`)
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Link", link)
		return page(w, r)
	}
}
