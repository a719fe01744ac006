package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// What a caller can tell apart. What to do about it is the caller's to say.
var (
	// ErrUnauthorized is a token that is missing, wrong or expired.
	ErrUnauthorized = errors.New("nobody is logged in")
	// ErrForbidden is a token that may not do this.
	ErrForbidden = errors.New("it is not allowed")
	// ErrNotFound is something that is not there, or not for this token.
	ErrNotFound = errors.New("it is not found")
	// ErrUnavailable is somebody who is in trouble themselves.
	ErrUnavailable = errors.New("it is in trouble")
	// ErrInvalidAnswer is an answer that is not what was asked for.
	ErrInvalidAnswer = errors.New("the answer is not what was asked for")
	// ErrNull is the JSON null, which some forges have behind the last page of a listing.
	ErrNull = fmt.Errorf("there is nothing: %w", ErrInvalidAnswer)
	// ErrAuthority is a certificate that nobody who is trusted has signed.
	ErrAuthority = fmt.Errorf("the authority is unknown: %w", ErrInvalidAnswer)
	// ErrMoved is something that goes by another name now, by which alone it can be told
	// something.
	ErrMoved = fmt.Errorf("it has another name: %w", ErrInvalidAnswer)
	// ErrTooOften is what a Dialect makes of a body that says that it was asked for
	// too often; it comes to a RateLimited.
	ErrTooOften = errors.New("it was asked too often")
	// ErrTooMuch is more than is kept of one listing.
	ErrTooMuch = errors.New("it is too much")
	// ErrNetwork is an address that may not be asked.
	ErrNetwork = errors.New("the address may not be asked")
	// ErrIdentity is a cloud that gives an account no token.
	ErrIdentity = errors.New("the account has no token")
)

// RateLimited is somebody who wants to be left alone for a while.
type RateLimited struct {
	// Until is when they may be asked again; zero when they did not say.
	Until time.Time
}

// Error says until when.
func (e *RateLimited) Error() string {
	if e.Until.IsZero() {
		return "the rate limit is used up"
	}
	return "the rate limit is used up until " + e.Until.UTC().Format(time.RFC3339)
}

// Error says what happened, in words that hold no secret.
type Error struct {
	// What was answered, such as 401 Unauthorized.
	What string
	// Kind is one of the errors above.
	Kind error
}

// Error says what happened, and of a limit until when.
func (e *Error) Error() string {
	var limited *RateLimited
	if errors.As(e.Kind, &limited) {
		return e.What + ": " + limited.Error()
	}
	return e.What
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Failed tells a person what was tried where, without the words that a
// vendor's library put around the answer.
func Failed(action string, of fmt.Stringer, err error) error {
	return fmt.Errorf("%s of %s: %w", action, of, Plain(err))
}

// Plain leaves out what libraries and their answers say: what came through is
// either in words of this package, or was not understood.
func Plain(err error) error {
	if known := inOwnWords(err); known != nil {
		return known
	}
	return &Error{What: "200 OK with something that is not understood", Kind: ErrInvalidAnswer}
}

// inOwnWords returns what in an error is in words of this package, or tells that
// the time is over; nil when it is neither.
func inOwnWords(err error) error {
	var said *Error
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

// KindOf tells a caller what a status means that is no success.
func KindOf(code int) error {
	switch {
	// Azure DevOps answers an expired token with 203 and a sign-in page.
	case code == http.StatusUnauthorized, code == http.StatusNonAuthoritativeInfo:
		return ErrUnauthorized
	case code == http.StatusForbidden:
		return ErrForbidden
	case code == http.StatusNotFound:
		return ErrNotFound
	case code >= http.StatusInternalServerError:
		return ErrUnavailable
	default:
		return ErrInvalidAnswer
	}
}
