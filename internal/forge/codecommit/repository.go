// Package codecommit speaks to AWS CodeCommit.
package codecommit

import (
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how an AWS CodeCommit repository is written.
const form = "https://git-codecommit.REGION.amazonaws.com/v1/repos/REPOSITORY"

var hosts = regexp.MustCompile(`^https://git-codecommit(-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$`)

// Repository is an AWS CodeCommit repository.
//
// Requests come from its API, one by one. Branches and tags come from Git: the
// API cannot list tags, tells the commit of a branch in a request of its own,
// and wants more permissions than GitPull.
type Repository struct {
	place        forge.Place
	region, name string
	credentials  aws.CredentialsProvider
	client       *codecommit.Client
	git          *http.Client
	now          func() time.Time
}

// Open opens a repository.
func Open(config forge.Config) (*Repository, error) {
	place, err := forge.PlaceOf(config, form)
	if err != nil {
		return nil, err
	}
	host := hosts.FindStringSubmatch(place.Base)
	if host == nil || len(place.Path) != 3 || place.Path[0] != "v1" || place.Path[1] != "repos" {
		return nil, fmt.Errorf("parsing the repository URL: %q is not a CodeCommit repository; expected %s", config.URL, form)
	}
	c := &Repository{place: place, region: host[2], name: place.Path[2], credentials: aws.AnonymousCredentials{}, now: config.Now}
	if config.AWS != nil {
		c.credentials = aws.NewCredentialsCache(keys{config}) // who asks is looked at for each request
		config.Account = accountOf(c.credentials)
	}
	options := codecommit.Options{
		Region: c.region, Credentials: c.credentials,
		HTTPClient: transport.NewClient(config.Config, transport.Dialect{Asks: everything, Means: meaning, Says: transport.Field("message", "Message", "__type")}),
		Retryer:    aws.NopRetryer{}, // the watcher tries again
	}
	if host[1] != "" {
		options.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	c.client = codecommit.New(options)
	c.git = transport.NewClient(config.Config, transport.Dialect{Accepts: isAdvertisement})
	return c, nil
}

// everything says that all is asked and nothing told, though by POST.
func everything(*http.Request) bool { return true }
