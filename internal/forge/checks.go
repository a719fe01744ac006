package forge

import (
	"cmp"
	"context"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Checks is a Repository that tells what CI says of a commit.
type Checks interface {
	// Checks returns what is said of an item's head commit, the newest first. It is all
	// that there is, or an error; where the forge has several lists, those that come
	// later are asked for alone where something that is wanted is in none before.
	Checks(ctx context.Context, item Item, wanted Names) ([]Check, error)
}

// Check is one thing that CI says of a commit.
type Check struct {
	// ID tells it from all others of its list.
	ID string
	// Name as the forge shows it, and Other, another name that it goes by; "" for none.
	Name, Other string
	// App is who says so; "" where the forge does not tell.
	App string
	// State is what it came to.
	State CheckState
	// Said is that in the word of the forge.
	Said string
	// Order is greater of what is newer; those of the same are as they were listed, the
	// newest first.
	Order int64
}

// CheckState is what a check came to.
type CheckState string

// The states: it has not ended, has ended badly, or as a gate may accept it.
const (
	CheckPending CheckState = "pending"
	CheckFailed  CheckState = "failure"

	CheckSuccess CheckState = v1.CheckSuccess
	CheckNeutral CheckState = v1.CheckNeutral
	CheckSkipped CheckState = v1.CheckSkipped
	CheckWarning CheckState = v1.CheckWarning
)

// Key implements transport.Listed.
func (c Check) Key() string { return c.ID }

// Size implements transport.Listed.
func (c Check) Size() int { return len(c.ID) + len(c.Name) + len(c.Other) + len(c.App) + len(c.Said) }

// IsNamed reports whether the check goes by a name; with a * at its end, by one that
// begins so.
func (c Check) IsNamed(name string) bool {
	prefix, many := strings.CutSuffix(name, "*")
	for _, own := range []string{c.Name, c.Other} {
		if own != "" && (own == name || many && strings.HasPrefix(own, prefix)) {
			return true
		}
	}
	return false
}

// Names are those of checks that are wanted.
type Names []string

// AreIn reports whether there is a check of each name. Of a beginning, who knows whether
// there are more.
func (n Names) AreIn(checks []Check) bool {
	for _, name := range n {
		if strings.HasSuffix(name, "*") {
			return false
		}
		found := false
		for _, check := range checks {
			found = found || check.IsNamed(name)
		}
		if !found {
			return false
		}
	}
	return true
}

// CheckPage is a part of the checks of a commit.
type CheckPage = transport.Page[Check]

// checkList is a list of the checks of a commit, a page at a time.
type checkList = func(ctx context.Context, cursor string) (CheckPage, error)

// ReadChecks reads lists of the checks of an item's commit, one after the other, until
// all that is wanted was found, as strictly as any other list, and puts the newest first.
func (p Place) ReadChecks(ctx context.Context, item Item, wanted Names, lists ...checkList) ([]Check, error) {
	var out []Check
	for n, list := range lists {
		if n > 0 && wanted.AreIn(out) {
			break
		}
		found, err := transport.All(p.within(ctx), list)
		if err != nil {
			return nil, p.unchecked(item, err)
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(a, b Check) int { return cmp.Compare(b.Order, a.Order) })
	return out, nil
}

// unchecked says whose checks could not be read.
func (p Place) unchecked(item Item, err error) error {
	return transport.Failed("listing the checks of commit "+Cut(item.SHA, maxShownSHA), p, err)
}

// maxShownSHA is how much of a commit an error shows, in letters.
const maxShownSHA = 12

// CheckStateOf reads the word of a forge: one that is not known has not ended, as
// evidence is what is known.
func CheckStateOf(word string, known map[string]CheckState) CheckState {
	if state, is := known[word]; is {
		return state
	}
	return CheckPending
}
