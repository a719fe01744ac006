package codecommit

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Account tells who asks with a configuration: credentials for AWS are made anew
// from time to time, and are known by their key. It is nil where nobody signs.
func Account(config forge.Config) func(context.Context) (string, error) {
	if config.AWS == nil {
		return nil
	}
	return accountOf(keys{config})
}

func accountOf(credentials aws.CredentialsProvider) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		found, err := credentials.Retrieve(ctx)
		if err != nil {
			return "", fmt.Errorf("getting the credentials for AWS: %w", err)
		}
		return found.AccessKeyID, nil
	}
}

// keys are the credentials of a configuration, with errors that may be repeated.
type keys struct{ config forge.Config }

// Retrieve implements aws.CredentialsProvider.
func (k keys) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := k.config.AWS.Retrieve(ctx)
	return found, transport.IdentityError(k.config.Config, err)
}
