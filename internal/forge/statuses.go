package forge

import (
	"context"
	"fmt"
)

// Statuses is a Repository whose commits have statuses.
type Statuses interface {
	// SetStatus says how a commit fares, in the place of what was said of it under
	// the same name.
	SetStatus(ctx context.Context, status Status) error
}

// State is how what was asked for fares.
type State string

// The states, in the order in which they come.
const (
	Pending State = "pending"
	Success State = "success"
	Failure State = "failure"
	// Over says that there is nothing any more.
	Over State = "over"
)

// Status is what is said of a commit.
type Status struct {
	// Request is the number of the request, and Page its web page.
	Request, Page string
	SHA           string
	// Fork says that the commit is of another repository.
	Fork bool
	// Name tells it from other statuses of the commit.
	Name  string
	State State
	// Description is one line of plain text.
	Description string
	// URL is where a click on it leads; the request where it is empty.
	URL string
}

// In says a state in the words of a forge.
func (s State) In(names map[State]string) (string, error) {
	name, ok := names[s]
	if !ok {
		return "", fmt.Errorf("the state %q is not known", s)
	}
	return name, nil
}

// Cut returns the first letters of a text.
func Cut(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
