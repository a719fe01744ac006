package forge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/eddy-previews/eddy/internal/transport"
)

// A look-up that says "gone" deletes a preview. Here is what must not say so.

// sameKey refuses an answer about something else. A branch that was renamed
// answers under its new name: there is none of the old one.
func sameKey(item Item, key string) error {
	switch {
	case item.Key() == key:
		return nil
	case item.Name != "":
		return &transport.Error{What: "the answer is about another name", Kind: transport.ErrNotFound}
	default:
		return &transport.Error{What: "the answer is about another number", Kind: transport.ErrInvalidAnswer}
	}
}

// unseen makes of a repository that is not found one that may not be seen: the
// question was whether a thing in it is gone, and this is no answer.
func unseen(err error) error {
	if errors.Is(err, transport.ErrNotFound) {
		return &transport.Error{What: "404 Not Found, for the repository as well", Kind: transport.ErrForbidden}
	}
	return err
}

// InPart is an error about a part of a thing, such as its labels. That the part
// is not found does not mean that the thing is gone: it was found.
func InPart(part string, err error) error {
	var said *transport.Error
	switch {
	case !errors.As(err, &said):
		return fmt.Errorf("%s: %w", part, err)
	case errors.Is(said.Kind, transport.ErrNotFound):
		return &transport.Error{What: part + ": " + said.What, Kind: transport.ErrInvalidAnswer}
	default:
		return &transport.Error{What: part + ": " + said.What, Kind: said.Kind}
	}
}

// Exists turns the answer about a repository into an error where it is none: a
// repository has a number or a name.
func Exists[T comparable](identity T) error {
	var none T
	if identity == none {
		return &transport.Error{What: "200 OK with JSON that is not a repository", Kind: transport.ErrInvalidAnswer}
	}
	return nil
}

// word is what a state may be called for it to be repeated.
var word = regexp.MustCompile(`^[A-Za-z_]{1,20}$`)

// IsOver reads the state of a request. What is over loses its preview, so a
// word that is neither that of an open request nor of one that is over is an
// error.
func IsOver(state string, open, over []string) (bool, error) {
	switch {
	case slices.Contains(open, state):
		return false, nil
	case slices.Contains(over, state):
		return true, nil
	default:
		if !word.MatchString(state) {
			state = "…"
		}
		return false, &transport.Error{What: fmt.Sprintf("200 OK with a request in the state %q, which is unknown", state), Kind: transport.ErrInvalidAnswer}
	}
}
