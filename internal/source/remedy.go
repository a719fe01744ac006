package source

import (
	"errors"
	"fmt"

	"github.com/eddy-previews/eddy/internal/transport"
)

// WithRemedy says what to do about an error of what is watched: what happened is
// the transport's to tell, and what can be done about it depends on what was
// tried.
func WithRemedy(err error) error {
	if err == nil {
		return nil
	}
	if remedy := remedyFor(err); remedy != "" {
		return fmt.Errorf("%w: %s", err, remedy)
	}
	return err
}

// withRemedyOfChecks says what to do where the checks of a commit could not be read:
// that takes a permission of its own.
func withRemedyOfChecks(err error, permission string) error {
	if errors.Is(err, transport.ErrForbidden) || errors.Is(err, transport.ErrNotFound) {
		return fmt.Errorf("%w: the token needs %s", err, permission)
	}
	return WithRemedy(err)
}

// remedyFor is what to do about an error; "" where it says so itself, or where
// there is nothing to do.
func remedyFor(err error) string {
	const notTheForge = "check that spec.url is the forge, and not a proxy or a sign-in page in front of it"
	switch {
	case errors.Is(err, errBadInputs):
		return `correct the service: it is to answer {"inputs": [{"id": "TEXT", …}, …]}: ` + notTheForge
	case errors.Is(err, transport.ErrAuthority):
		return "name its authority in spec.certSecretRef, or " + notTheForge
	case errors.Is(err, transport.ErrMoved):
		return "set spec.url to the name that the repository has now"
	case errors.Is(err, transport.ErrInvalidAnswer):
		return notTheForge
	case errors.Is(err, transport.ErrUnauthorized):
		return "check that the token in the Secret is valid and has not expired"
	case errors.Is(err, transport.ErrForbidden):
		return "check that the token may read the repository and its pull requests"
	case errors.Is(err, transport.ErrNotFound):
		return "check the URL, and that the token may read the repository"
	case errors.Is(err, transport.ErrUnavailable):
		return "the forge is in trouble, and will be asked again"
	case errors.Is(err, transport.ErrTooMuch):
		return "narrow what the provider watches, or split it"
	case errors.Is(err, transport.ErrNetwork):
		return "providers may not reach it, unless the flag --provider-networks of the operator allows it"
	case errors.Is(err, transport.ErrIdentity):
		return "check the account that spec.serviceAccountName names, its annotations, and whom its cloud lets it be"
	default:
		return ""
	}
}
