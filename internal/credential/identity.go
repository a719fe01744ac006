package credential

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/fluxcd/pkg/auth"
	"github.com/fluxcd/pkg/auth/aws"
	"github.com/fluxcd/pkg/auth/azure"
	"github.com/fluxcd/pkg/auth/gcp"
	authutils "github.com/fluxcd/pkg/auth/utils"
	"github.com/fluxcd/pkg/cache"
	"github.com/google/go-containerregistry/pkg/authn"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// identify gives a provider without a Secret the identity that it has in the
// cloud which it watches. Elsewhere it stays anonymous.
func (r *Reader) identify(ctx context.Context, provider *v1.ResourceSetInputProvider, config *source.Config) error {
	if r.usesIdentity(provider) {
		if provider.Spec.CertSecretRef != nil {
			return fmt.Errorf("spec.certSecretRef: the identity of an account goes to the cloud's own certificates alone: remove it: %w", source.ErrSpec)
		}
		if err := source.CheckIdentity(*config); err != nil {
			return err
		}
	}
	options := r.options(provider)
	var err error
	switch kind := provider.Spec.Type; {
	case kind == v1.InputProviderACRArtifactTag:
		config.Registry, err = registry(ctx, azure.ProviderName, provider.Spec.URL, options)
	case kind == v1.InputProviderECRArtifactTag:
		config.Registry, err = registry(ctx, aws.ProviderName, provider.Spec.URL, options)
	case kind == v1.InputProviderGARArtifactTag:
		config.Registry, err = registry(ctx, gcp.ProviderName, provider.Spec.URL, options)
	case strings.HasPrefix(kind, "AWSCodeCommit"):
		err = codeCommit(ctx, config, options)
	case strings.HasPrefix(kind, "AzureDevOps") && r.usesIdentity(provider):
		config.Credentials.Token, err = azureDevOps(ctx, *config, options)
	}
	return err
}

// usesIdentity reports whether a provider without a Secret is asked for with an
// identity: one of Azure DevOps on a server of one's own may be anonymous.
func (r *Reader) usesIdentity(provider *v1.ResourceSetInputProvider) bool {
	return !strings.HasPrefix(provider.Spec.Type, "AzureDevOps") || r.account(provider) != "" || isAzure(provider.Spec.URL)
}

// options say whose identity is used, and how its tokens come about. They are
// asked for by the operator's own way and never through a provider's proxy: in
// some clouds that is plain HTTP to the machine itself, with a secret in it.
func (r *Reader) options(provider *v1.ResourceSetInputProvider) []auth.Option {
	options := []auth.Option{auth.WithClient(r.Client)}
	if account := r.account(provider); account != "" {
		options = append(options, auth.WithServiceAccountName(account), auth.WithServiceAccountNamespace(provider.Namespace))
	}
	if r.Tokens != nil {
		options = append(options, auth.WithCache(*r.Tokens, cache.InvolvedObject{
			Kind: v1.ResourceSetInputProviderKind, Name: provider.Name, Namespace: provider.Namespace, Operation: cache.OperationReconcile,
		}))
	}
	return options
}

// registry returns the credentials for a registry of a cloud. They are asked
// for when the registry is.
func registry(ctx context.Context, cloud, repository string, options []auth.Option) (authn.Keychain, error) {
	login, err := authutils.GetArtifactRegistryCredentials(ctx, cloud, strings.TrimPrefix(repository, "oci://"), options...)
	return sole{login}, err
}

// sole is a keychain for the one repository that is asked for.
type sole struct{ login authn.Authenticator }

// Resolve implements authn.Keychain.
func (s sole) Resolve(authn.Resource) (authn.Authenticator, error) { return s.login, nil }

// codeCommit signs requests with the credentials of a role in the region of the
// repository.
func codeCommit(ctx context.Context, config *source.Config, options []auth.Option) error {
	repository, err := url.Parse(config.URL)
	if err != nil {
		return fmt.Errorf("spec.url: it is not a URL")
	}
	region, err := aws.Provider{}.GetAccessTokenOptionsForGitRepository(repository)
	if err != nil {
		return fmt.Errorf("spec.url: %w", err)
	}
	config.AWS = aws.NewCredentialsProvider(ctx, append(options, region...)...)
	return nil
}

// isAzure tells Azure DevOps Services from a server of one's own, which knows
// no identities of the cloud.
func isAzure(repository string) bool {
	at, err := url.Parse(repository)
	return err == nil && (at.Host == "dev.azure.com" || strings.HasSuffix(at.Host, ".visualstudio.com"))
}

// azureDevOps returns a token of Entra ID.
func azureDevOps(ctx context.Context, config source.Config, options []auth.Option) (string, error) {
	token, err := auth.GetAccessToken(ctx, azure.Provider{}, append(options, auth.WithScopes(azure.ScopeDevOps))...)
	if err != nil {
		return "", fmt.Errorf("spec.serviceAccountName: %w; or name a Secret with an access token in spec.secretRef", source.IdentityError(config, err))
	}
	entra, ok := token.(*azure.Token)
	if !ok {
		return "", fmt.Errorf("spec.serviceAccountName: the token is a %T", token)
	}
	return entra.Token, nil
}
