package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// maxAction bounds the words of the libraries, in bytes, which name accounts and
// what they lack at their end.
const maxAction = 2 * maxMessage

var (
	// quoted is where the libraries of the clouds begin to repeat an answer.
	quoted = regexp.MustCompile(`(?is)[\n{<].*|malformed HTTP.*|status ?code:? *[0-9]{3}.*|status code was [0-9]{3}.*`)
	// token is what a token or a key looks like: of accounts, nobody here knows
	// which were sent.
	token = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*|[A-Za-z0-9+_=~-]{40,}|(AKIA|ASIA)[A-Z0-9]{16}`)
	// cloudCode is how clouds write what is wrong.
	cloudCode = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,60}$`)
)

// IdentityError says why an account has no token for its cloud. The libraries
// repeat whole answers; of those the documented code and description are told,
// and none of the secrets that are known or look like one.
func IdentityError(config Config, err error) error {
	var said *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return said
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	kind := ErrIdentity
	if config.Service == nil {
		kind = ErrUnauthorized
	}
	hidden := func(text string, most int) string {
		text = redact(text, config.secrets(nil))
		return cut(token.ReplaceAllString(text, redacted), most)
	}
	what := hidden(cloudAction(err), maxAction)
	if words := hidden(cloudWords(err), maxMessage); words != "" {
		what = strings.TrimRight(what, ": ,.") + " (" + words + ")"
	}
	return &Error{What: what, Kind: kind}
}

// cloudAction is what was tried, in the words of the libraries.
func cloudAction(err error) string {
	text := err.Error()
	var unasked *url.Error
	if errors.As(err, &unasked) {
		before, _, _ := strings.Cut(text, unasked.Error())
		return before + "asking " + hostIn(unasked.URL) + ": " + strings.TrimSuffix(unreached(unasked.Err).Error(), ": "+ErrUnavailable.Error())
	}
	return quoted.ReplaceAllString(text, "")
}

func hostIn(address string) string {
	if parsed, err := url.Parse(address); err == nil {
		return parsed.Host
	}
	return "the cloud"
}

// cloudWords are the code and the description of an error, where the cloud
// documents them; "" where there are none.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
// https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
// https://cloud.google.com/apis/design/errors
func cloudWords(err error) string {
	var api interface {
		ErrorCode() string
		ErrorMessage() string
	}
	if errors.As(err, &api) {
		return coded(api.ErrorCode(), api.ErrorMessage())
	}
	var oauth struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	text := err.Error()
	at := strings.IndexByte(text, '{')
	if at < 0 || json.NewDecoder(strings.NewReader(text[at:])).Decode(&oauth) != nil {
		return ""
	}
	var code string
	if json.Unmarshal(oauth.Error, &code) == nil {
		return coded(code, oauth.Description)
	}
	var google struct{ Status, Message string }
	_ = json.Unmarshal(oauth.Error, &google) // what is neither says nothing
	return coded(google.Status, google.Message)
}

// coded leaves out a description that comes without a code: it is no cloud's.
func coded(code, description string) string {
	switch {
	case !cloudCode.MatchString(code):
		return ""
	case description == "":
		return code
	default:
		return fmt.Sprintf("%s: %s", code, description)
	}
}
