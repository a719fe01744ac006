package source_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// apiError is how the libraries of AWS tell of an error.
type apiError struct{ code, message, text string }

func (e apiError) Error() string        { return e.text }
func (e apiError) ErrorCode() string    { return e.code }
func (e apiError) ErrorMessage() string { return e.message }

// refused are credentials that a cloud does not give.
type refused struct{}

func (refused) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, apiError{"AccessDenied", "not authorized", "response error StatusCode: 403, inner words"}
}

func TestCodeCommitSaysWhyItHasNoCredentials(t *testing.T) {
	for _, kind := range []string{v1.InputProviderAWSCodeCommitPullRequest, v1.InputProviderAWSCodeCommitBranch} {
		config := source.Config{Type: kind, URL: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api", AWS: refused{}}
		repository, err := source.New(config)
		if err != nil {
			t.Fatal(err)
		}
		_, alone := repository.List(t.Context(), source.Query{})
		_, together := source.NewShared(time.Now, transport.LocalNetworks()).List(t.Context(), repository, source.Poll{Config: config, Since: time.Now()})
		for _, err := range []error{alone, together} {
			if err == nil || !strings.Contains(err.Error(), "(AccessDenied: not authorized): check the account") || strings.Contains(err.Error(), "inner words") {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}
