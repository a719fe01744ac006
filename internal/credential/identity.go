package credential

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/fluxcd/pkg/auth"
	"github.com/fluxcd/pkg/auth/aws"
	"github.com/fluxcd/pkg/auth/azure"
	authutils "github.com/fluxcd/pkg/auth/utils"
	"github.com/fluxcd/pkg/cache"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/eddy-previews/eddy/internal/source"
)

// identify gives a reference without a Secret the identity that its account has in
// the cloud of what it asks. Elsewhere it stays anonymous.
func (r *Reader) identify(ctx context.Context, ref Reference, config *source.Config) error {
	kind, _ := source.TypeOf(ref.Type) // what is not known is refused when it is opened
	if kind.Identity == nil || !r.usesIdentity(ref, kind) {
		return nil
	}
	if ref.Certificates.Name != "" {
		return fmt.Errorf("%s: the identity of an account goes to the cloud's own certificates alone: remove it: %w", ref.Certificates.Field, source.ErrSpec)
	}
	if err := source.CheckIdentity(*config); err != nil {
		return err
	}
	options := r.options(ref)
	var err error
	switch {
	case kind.Watches == source.ArtifactTag:
		config.Registry, err = registry(ctx, kind.Identity.Cloud, ref.URL, options)
	case kind.Identity.Cloud == source.AWS:
		err = codeCommit(ctx, config, options)
	default:
		config.Credentials.Token, err = azureDevOps(ctx, *config, options)
	}
	return err
}

// usesIdentity reports whether what is asked without a Secret is asked with an
// identity: an Azure DevOps on a server of one's own may be anonymous.
func (r *Reader) usesIdentity(ref Reference, kind source.Type) bool {
	isServer := kind.IsOfForge() && kind.Identity.Cloud == source.Azure
	return !isServer || r.account(ref) != "" || isAzure(ref.URL)
}

// options say whose identity is used, and how its tokens come about. They are
// asked for by the operator's own way and never through a provider's proxy: in
// some clouds that is plain HTTP to the machine itself, with a secret in it.
func (r *Reader) options(ref Reference) []auth.Option {
	options := []auth.Option{auth.WithClient(r.Client)}
	if account := r.account(ref); account != "" {
		options = append(options, auth.WithServiceAccountName(account), auth.WithServiceAccountNamespace(ref.Namespace))
	}
	if r.Tokens != nil {
		options = append(options, auth.WithCache(*r.Tokens, cache.InvolvedObject{
			Kind: ref.Kind, Name: ref.Name, Namespace: ref.Namespace, Operation: cache.OperationReconcile,
		}))
	}
	return options
}

// registry returns the credentials for a registry of a cloud. They are asked
// for when the registry is.
func registry(ctx context.Context, cloud source.Cloud, repository string, options []auth.Option) (authn.Keychain, error) {
	login, err := authutils.GetArtifactRegistryCredentials(ctx, string(cloud), strings.TrimPrefix(repository, "oci://"), options...)
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
