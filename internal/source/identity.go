package source

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// ErrSpec is a provider that only a change of its spec can mend.
var ErrSpec = errors.New("the spec is to be corrected")

var (
	azureService = regexp.MustCompile(`(?i)^(dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com)(:443)?$`)
	awsService   = regexp.MustCompile(`(?i)^(git-)?codecommit(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(:443)?$`)
	acrService   = regexp.MustCompile(`(?i)^[a-z0-9-]+(\.[a-z0-9-]+)*\.azurecr\.(io|cn|de|us)(:443)?$`)
	ecrService   = regexp.MustCompile(`(?i)^([0-9]{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws|sc2s\.sgov\.gov|c2s\.ic\.gov)|public\.ecr\.aws)(:443)?$`)
	garService   = regexp.MustCompile(`(?i)^([a-z0-9-]+-docker\.pkg\.dev|([a-z0-9-]+\.)?gcr\.io)(:443)?$`)
)

// serviceOf returns the hosts to which a token of an identity goes; nil for a
// type whose providers have none.
func serviceOf(kind string) *regexp.Regexp {
	switch {
	case strings.HasPrefix(kind, "AzureDevOps"):
		return azureService
	case strings.HasPrefix(kind, "AWSCodeCommit"):
		return awsService
	case kind == v1.InputProviderACRArtifactTag:
		return acrService
	case kind == v1.InputProviderECRArtifactTag:
		return ecrService
	case kind == v1.InputProviderGARArtifactTag:
		return garService
	default:
		return nil
	}
}

// isIdentity reports whether the credentials are those of an identity in a cloud
// and not a Secret's. It is often the operator's own, and good for more than a
// tenant may see.
func (c Config) isIdentity() bool {
	return serviceOf(c.Type) != nil && (c.Credentials.Token != "" || c.Registry != nil || c.AWS != nil)
}

// CheckIdentity refuses to take the token of an identity anywhere but to the
// service of its cloud, and encrypted. The error is an ErrSpec.
func CheckIdentity(config Config) error {
	service := serviceOf(config.Type)
	parsed, err := url.Parse(config.URL)
	switch {
	case service == nil || err != nil:
		return nil // it has none, or is refused when it is opened
	case parsed.Scheme != "https" && parsed.Scheme != "oci", !service.MatchString(parsed.Host):
		return fmt.Errorf("spec.url: %s://%s is not the service of the cloud, by https, and the identity of an account goes nowhere else: correct it, or name a Secret in spec.secretRef: %w",
			parsed.Scheme, parsed.Host, ErrSpec)
	default:
		return nil
	}
}

// checkRequest refuses a request on a way on which the credentials must not be
// seen, whoever has sent it there: a provider whose URL begins with https, and
// every identity, is never asked for in the clear.
func (c Config) checkRequest(to *url.URL) error {
	secure := strings.HasPrefix(strings.ToLower(c.URL), "https:") || c.isIdentity()
	switch {
	case secure && to.Scheme != "https":
		return errPlainHTTP
	case c.isIdentity() && !serviceOf(c.Type).MatchString(to.Host):
		return &answer{what: fmt.Sprintf("%q is not the service of the cloud, and the identity of an account goes nowhere else", to.Host), kind: ErrInvalidAnswer}
	default:
		return nil
	}
}

// errPlainHTTP is a way from https to http.
var errPlainHTTP = &answer{what: "it leads from https to http", kind: ErrInvalidAnswer}
