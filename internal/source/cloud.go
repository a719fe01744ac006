package source

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Cloud is one that gives accounts of a cluster an identity.
type Cloud string

// The clouds, as Flux calls them.
const (
	AWS    Cloud = "aws"
	Azure  Cloud = "azure"
	Google Cloud = "gcp"
)

// Identity says where the identity that an account has in a cloud is taken.
type Identity struct {
	Cloud Cloud
	// Service matches the hosts of the cloud's own service, to which alone the
	// identity goes.
	Service *regexp.Regexp
}

var (
	azureService = regexp.MustCompile(`(?i)^(dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com)(:443)?$`)
	awsService   = regexp.MustCompile(`(?i)^(git-)?codecommit(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(:443)?$`)
	acrService   = regexp.MustCompile(`(?i)^[a-z0-9-]+(\.[a-z0-9-]+)*\.azurecr\.(io|cn|de|us)(:443)?$`)
	ecrService   = regexp.MustCompile(`(?i)^([0-9]{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws|sc2s\.sgov\.gov|c2s\.ic\.gov)|public\.ecr\.aws)(:443)?$`)
	garService   = regexp.MustCompile(`(?i)^([a-z0-9-]+-docker\.pkg\.dev|([a-z0-9-]+\.)?gcr\.io)(:443)?$`)
)

func azureDevOps() *Identity    { return &Identity{Azure, azureService} }
func awsCodeCommit() *Identity  { return &Identity{AWS, awsService} }
func azureRegistry() *Identity  { return &Identity{Azure, acrService} }
func awsRegistry() *Identity    { return &Identity{AWS, ecrService} }
func googleRegistry() *Identity { return &Identity{Google, garService} }

// identity is that of the type; nil where it has none.
func (c Config) identity() *Identity {
	kind, _ := TypeOf(c.Type) // what is not known is refused when it is opened
	return kind.Identity
}

// isIdentity reports whether the credentials are those of an identity in a cloud
// and not a Secret's. It is often the operator's own, and good for more than a
// tenant may see.
func (c Config) isIdentity() bool {
	return c.identity() != nil && (c.Credentials.Token != "" || c.Registry != nil || c.AWS != nil)
}

// CheckIdentity refuses to take the token of an identity anywhere but to the
// service of its cloud, and encrypted. The error is an ErrSpec.
func CheckIdentity(config Config) error {
	identity := config.identity()
	parsed, err := url.Parse(config.URL)
	switch {
	case identity == nil || err != nil:
		return nil //nolint:nilerr // it has none, or is refused when it is opened
	case parsed.Scheme != "https" && parsed.Scheme != "oci", !identity.Service.MatchString(parsed.Host):
		return fmt.Errorf("spec.url: %s://%s is not the service of the cloud, by https, and the identity of an account goes nowhere else: correct it, or name a Secret in spec.secretRef: %w",
			parsed.Scheme, parsed.Host, ErrSpec)
	default:
		return nil
	}
}

// IdentityError says why an account has no token for its cloud, and what to do
// about it.
func IdentityError(config Config, err error) error {
	way := config.Way()
	if identity := config.identity(); identity != nil {
		way.Service = identity.Service
	}
	return WithRemedy(transport.IdentityError(way, err))
}
