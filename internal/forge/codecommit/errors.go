package codecommit

import (
	"encoding/json"
	"strings"

	"github.com/eddy-previews/eddy/internal/transport"
)

// meaning reads which error AWS means: most come with the status 400.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/CommonErrors.html
func meaning(body []byte) error {
	var said struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(body, &said) != nil {
		return nil //nolint:nilerr // it means nothing
	}
	_, name, found := strings.Cut(said.Type, "#")
	if !found {
		name = said.Type
	}
	switch strings.TrimSuffix(name, "Exception") {
	case "Throttling", "TooManyRequests", "RequestLimitExceeded":
		return transport.ErrTooOften
	case "ExpiredToken", "UnrecognizedClient", "InvalidSignature", "IncompleteSignature", "InvalidClientTokenId", "MissingAuthenticationToken":
		return transport.ErrUnauthorized
	case "AccessDenied", "OptInRequired", "NotAuthorized":
		return transport.ErrForbidden
	case "PullRequestDoesNotExist", "RepositoryDoesNotExist", "CommentDoesNotExist", "CommentDeleted":
		return transport.ErrNotFound
	case "ServiceUnavailable", "InternalFailure":
		return transport.ErrUnavailable
	default:
		return nil
	}
}
