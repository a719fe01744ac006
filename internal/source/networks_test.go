package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Everything that a provider names, and what is named by whom it asks.
func TestLoopbackIsNotAskedWhereItIsNotAllowed(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	socks := &url.URL{Scheme: "socks5", Host: "127.0.0.1:" + port}
	for name, config := range map[string]source.Config{
		"a forge":                 {Type: v1.InputProviderGiteaPullRequest, URL: "http://127.0.0.1:" + port + "/acme/api"},
		"a name":                  {Type: v1.InputProviderGitHubPullRequest, URL: "http://localhost:" + port + "/acme/api"},
		"another way to write it": {Type: v1.InputProviderGitLabMergeRequest, URL: "http://[::ffff:127.0.0.1]:" + port + "/acme/api"},
		"no address":              {Type: v1.InputProviderGitHubPullRequest, URL: "http://0.0.0.0:" + port + "/acme/api"},
		"the cloud's":             {Type: v1.InputProviderExternalService, URL: "http://169.254.169.254/latest/meta-data", Insecure: true},
		"a service":               {Type: v1.InputProviderExternalService, URL: "http://127.0.0.1:" + port, Insecure: true},
		"a registry":              {Type: v1.InputProviderOCIArtifactTag, URL: "oci://127.0.0.1:" + port + "/a/b", Insecure: true},
		"a proxy":                 {Type: v1.InputProviderGitHubPullRequest, URL: "http://example.com/acme/api", Proxy: proxy},
		"a proxy, encrypted":      {Type: v1.InputProviderGitHubPullRequest, URL: "https://example.com/acme/api", Proxy: proxy},
		"a proxy that is no HTTP": {Type: v1.InputProviderGitHubPullRequest, URL: "https://example.com/acme/api", Proxy: socks},
		"an Azure DevOps server":  {Type: v1.InputProviderAzureDevOpsPullRequest, URL: "http://127.0.0.1:" + port + "/c/p/_git/r"},
		"a Bitbucket Data Center": {Type: v1.InputProviderBitbucketPullRequest, URL: "http://127.0.0.1:" + port + "/projects/A/repos/b"},
		"a host that looks local": {Type: v1.InputProviderOCIArtifactTag, URL: "oci://localhost:" + port + "/a/b"},
	} {
		t.Run(name, func(t *testing.T) {
			config.Pools = transport.NewPools(time.Now, transport.DefaultNetworks())
			opened, err := source.New(config)
			if err != nil {
				t.Fatal(err)
			}
			_, err = opened.List(context.Background(), source.Query{})
			if !errors.Is(err, transport.ErrNetwork) && !strings.Contains(fmt.Sprint(err), "no plain HTTP") || asked != 0 {
				t.Errorf("asked %d times: %v", asked, err)
			}
		})
	}
}
