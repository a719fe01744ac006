package operator

import (
	"github.com/fluxcd/pkg/auth"
	tokens "github.com/fluxcd/pkg/cache"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/metadata"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/templater"
)

// newCredentials returns what reads Secrets and service accounts.
func newCredentials(manager ctrl.Manager, shared *source.Shared, accounts *templater.Accounts, options Options) (*credential.Reader, error) {
	// Accounts of providers have identities of their own; the library asks for
	// consent, and has no other place for it.
	auth.EnableObjectLevelWorkloadIdentity()

	secrets, err := metadata.NewForConfigAndClient(manager.GetConfig(), manager.GetHTTPClient())
	if err != nil {
		return nil, err
	}
	reader := &credential.Reader{
		Client: manager.GetClient(), As: accounts.Client,
		Pools: shared.Pools(), ServiceAccount: options.DefaultServiceAccount, DefaultAccount: options.DefaultIdentity, Watch: credential.NewWatch(secrets),
	}
	if options.TokenCacheSize > 0 {
		reader.Tokens, err = newTokens(options.TokenCacheSize)
	}
	return reader, err
}

// newTokens returns a cache of tokens whose counters are in the metrics.
func newTokens(size int) (*tokens.TokenCache, error) {
	counters := prometheus.NewRegistry()
	cache, err := tokens.NewTokenCache(size, tokens.WithMetricsRegisterer(counters), tokens.WithMetricsPrefix("flux_token_"))
	if err != nil {
		return nil, err
	}
	metrics.Registry.Unregister(counters) // those of a manager which this process had before
	return cache, metrics.Registry.Register(counters)
}
