package source

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a caller can tell apart. Each says what to do about it.
var (
	// ErrUnsupported is a type that this version does not know.
	ErrUnsupported = errors.New("this type is not supported by this version")
	// ErrUnauthorized is a token that is missing, wrong or expired.
	ErrUnauthorized = errors.New("check that the token in the Secret is valid and has not expired")
	// ErrForbidden is a token that may not do this.
	ErrForbidden = errors.New("check that the token may read the repository and its pull requests")
	// ErrNotFound is something that is not there, or not for this token.
	ErrNotFound = errors.New("check the URL, and that the token may read the repository")
	// ErrUnavailable is a forge that is in trouble itself.
	ErrUnavailable = errors.New("the forge is in trouble, and will be asked again")
	// ErrInvalidAnswer is an answer that is not what the forge's API says.
	ErrInvalidAnswer = errors.New("check that spec.url is the forge, and not a proxy or a sign-in page in front of it")
)

// errTooMuch is more than is kept of one provider.
var errTooMuch = errors.New("narrow what the provider watches, or split it")

// RateLimited is a forge that wants to be left alone for a while.
type RateLimited struct {
	// Until is when it may be asked again; zero when it did not say.
	Until time.Time
}

// Error says until when.
func (e *RateLimited) Error() string {
	if e.Until.IsZero() {
		return "the rate limit is used up"
	}
	return "the rate limit is used up until " + e.Until.UTC().Format(time.RFC3339)
}

// answer is an error that the forge answered with.
type answer struct {
	// what the forge said, such as 401 Unauthorized.
	what string
	// kind is one of the errors above.
	kind error
}

func (a *answer) Error() string { return a.what + ": " + a.kind.Error() }

func (a *answer) Unwrap() error { return a.kind }

// failed tells a person what was tried where, without the words that a
// vendor's library put around the forge's answer.
func failed(action string, repository fmt.Stringer, err error) error {
	return fmt.Errorf("%s of %s: %w", action, repository, plain(err))
}

// plain leaves out what libraries and their answers say: what came through is
// either in words of this package, or was not understood.
func plain(err error) error {
	if known := inOwnWords(err); known != nil {
		return known
	}
	if errors.Is(err, errBadInputs) {
		return err
	}
	return &answer{what: "200 OK with something that is not understood", kind: ErrInvalidAnswer}
}

// inOwnWords returns what in an error is in words of this package, or tells that
// the time is over; nil when it is neither.
func inOwnWords(err error) error {
	var said *answer
	switch {
	case errors.As(err, &said):
		return said
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	default:
		return nil
	}
}
