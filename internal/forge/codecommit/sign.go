package codecommit

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/aws-http-auth/credentials"
	"github.com/aws/smithy-go/aws-http-auth/sigv4"
	v4 "github.com/aws/smithy-go/aws-http-auth/v4"
)

// signedAt is how the time of a signature is written, without a zone.
const signedAt = "20060102T150405"

// sign gives a request of Git the user name and password that CodeCommit wants:
// the password is a signature of the method GIT, the host and the path.
//
// https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-git-remote-codecommit.html
func (c *Repository) sign(req *http.Request) error {
	keys, err := c.credentials.Retrieve(req.Context())
	if err != nil {
		return fmt.Errorf("getting the credentials for AWS: %w", err)
	}
	unsigned, err := http.NewRequestWithContext(req.Context(), "GIT", c.place.String(), nil)
	if err != nil {
		return err
	}
	now := c.now().UTC()
	signer := sigv4.New(func(o *v4.SignerOptions) {
		o.HeaderRules, o.DisableUnsignedPayloadSentinel, o.CanonicalTimeFormat = hostAlone{}, true, signedAt
	})
	err = signer.SignRequest(&sigv4.SignRequestInput{
		Request: unsigned, Service: "codecommit", Region: c.region, Time: now,
		Credentials: credentials.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	})
	if err != nil {
		return fmt.Errorf("signing for AWS: %w", err)
	}
	user := keys.AccessKeyID
	if keys.SessionToken != "" {
		user += "%" + keys.SessionToken
	}
	_, signature, _ := strings.Cut(unsigned.Header.Get("Authorization"), "Signature=")
	req.SetBasicAuth(user, now.Format(signedAt)+"Z"+signature)
	return nil
}

// hostAlone is the header that is signed.
type hostAlone struct{}

func (hostAlone) IsSigned(name string) bool { return name == "host" }
