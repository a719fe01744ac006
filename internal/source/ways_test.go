package source_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// listOf is what a forge answers whose one request has a commit.
func listOf(kind, sha string) string {
	switch kind {
	case v1.InputProviderGitLabMergeRequest:
		return fmt.Sprintf(`[{"iid": 7, "state": "opened", "sha": %q, "source_branch": "b"}]`, sha)
	case v1.InputProviderAzureDevOpsPullRequest:
		return fmt.Sprintf(`{"count": 1, "value": [{"pullRequestId": 7, "status": "active", "lastMergeSourceCommit": {"commitId": %q}}]}`, sha)
	case v1.InputProviderBitbucketPullRequest:
		return fmt.Sprintf(`{"isLastPage": true, "values": [{"id": 7, "state": "OPEN", "fromRef": {"latestCommit": %q}}]}`, sha)
	case v1.InputProviderExternalService:
		return fmt.Sprintf(`{"inputs": [{"id": "7", "sha": %q}]}`, sha)
	default:
		return fmt.Sprintf(`[{"number": 7, "state": "open", "title": "t", "head": {"sha": %q, "ref": "b"}}]`, sha)
	}
}

// kinds are the types that speak plain JSON, with the path of their repository.
var kinds = map[string]string{
	v1.InputProviderGitHubPullRequest:      "/acme/api",
	v1.InputProviderGitLabMergeRequest:     "/acme/api",
	v1.InputProviderGiteaPullRequest:       "/acme/api",
	v1.InputProviderAzureDevOpsPullRequest: "/acme/shop/_git/api",
	v1.InputProviderBitbucketPullRequest:   "/projects/A/repos/api",
	v1.InputProviderExternalService:        "/api",
}

// saying is a server that gives all the same answer, and holds it for unchanged
// where it is asked whether it is.
func saying(t *testing.T, kind, sha string) (server *httptest.Server, unchanged *atomic.Int32) {
	t.Helper()
	unchanged = &atomic.Int32{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"of-the-forge"`)
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("If-None-Match") == `"of-the-forge"` {
			unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(listOf(kind, sha))) // who has left, has left
	}))
	t.Cleanup(server.Close)
	return server, unchanged
}

func addressOf(t *testing.T, raw string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestWhatAProxyTellsIsForThoseAloneWhoGoThroughIt(t *testing.T) {
	for kind, path := range kinds {
		t.Run(kind, func(t *testing.T) {
			forges, unchanged := saying(t, kind, shaA)
			proxy, _ := saying(t, kind, shaB) // says of its answers that they are the forge's
			clients, since := source.NewShared(time.Now, transport.LocalNetworks()), time.Now()
			ask := func(through *url.URL) string {
				config := source.Config{Type: kind, URL: forges.URL + path, Pools: clients.Pools(), Proxy: through, Insecure: true}
				items, err := clients.List(context.Background(), openWith(t, config), source.Poll{Config: config, Since: since})
				if err != nil || len(items) != 1 {
					t.Fatalf("listed %v, %v", items, err)
				}
				if raw := items[0].Values["sha"]; raw != nil {
					return strings.Trim(string(raw.Raw), `"`)
				}
				return items[0].SHA
			}
			own, named := addressOf(t, proxy.URL), addressOf(t, proxy.URL)
			named.User = url.UserPassword("mallory", "s3cret")
			for _, step := range []struct {
				through *url.URL
				want    string
			}{{own, shaB}, {nil, shaA}, {named, shaB}, {own, shaB}, {nil, shaA}} {
				if got := ask(step.through); got != step.want {
					t.Errorf("through %v: told of the commit %s", step.through, got)
				}
			}
			if unchanged.Load() != 0 {
				t.Errorf("the forge confirmed %d answers that are not its own", unchanged.Load())
			}
		})
	}
}

func TestWhatAProxyRefusesHoldsNobodyElseOff(t *testing.T) {
	for kind, path := range kinds {
		t.Run(kind, func(t *testing.T) {
			forges, _ := saying(t, kind, shaA)
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "86400")
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			t.Cleanup(proxy.Close)
			clients := source.NewShared(time.Now, transport.LocalNetworks())
			config := source.Config{Type: kind, URL: forges.URL + path, Pools: clients.Pools(), Proxy: addressOf(t, proxy.URL), Insecure: true}
			if _, err := openWith(t, config).List(context.Background(), source.Query{}); err == nil {
				t.Fatal("the proxy did not refuse")
			}
			config.Proxy = nil
			if items := list(t, openWith(t, config)); len(items) != 1 {
				t.Errorf("listed %v", items)
			}
		})
	}
}
