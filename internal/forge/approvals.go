package forge

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Person is somebody at a forge.
type Person struct {
	// Login is what an author goes by in Item.WrittenBy: nobody chooses it freely. It
	// is empty where the forge does not say who it was.
	Login string
	// ID is the number of their account, which nobody gets after them as they may get
	// the login; empty where the forge tells none.
	ID string
	// Bot says that no human has this account.
	Bot bool
}

func (p Person) size() int { return len(p.Login) + len(p.ID) }

// Account is the number of an account as Person.ID has it; of those that are no more there
// is none.
func Account(id int64) string {
	if id <= 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// IsAccount reports whether somebody may be who has an account: where both are known, they
// are the same.
func (p Person) IsAccount(id string) bool { return p.ID == "" || id == "" || p.ID == id }

// IsCalled reports whether a name that people have written means an account: it is its
// login, or the login and the number, LOGIN#NUMBER.
func IsCalled(name, login, id string) bool {
	return strings.EqualFold(name, login) || id != "" && strings.EqualFold(name, login+"#"+id)
}

// Reviews is a Repository that tells who has approved of a request.
type Reviews interface {
	// Reviews returns for each person the approval that stands: the newest one, where
	// it was not taken back. It looks at all of them, or it is an error.
	Reviews(ctx context.Context, item Item) ([]Review, error)
}

// Review is what somebody came to who looked at a request.
type Review struct {
	ID string
	By Person
	// SHA is the commit that they looked at; empty where the forge does not tell.
	SHA string
	At  time.Time
	// Withdrawn says that it approves of nothing, or does so no more.
	Withdrawn bool
}

// Key implements transport.Listed.
func (r Review) Key() string { return r.ID }

// Size implements transport.Listed.
func (r Review) Size() int { return len(r.ID) + r.By.size() + len(r.SHA) }

// Pushes is a Repository whose server tells when a commit was pushed to a request.
// When it was written, its author decides.
type Pushes interface {
	// PushedAt returns when the head of an item came to be its commit; the zero time
	// where the server does not tell for sure.
	PushedAt(ctx context.Context, item Item) (time.Time, error)
}

// Labelled is a Repository that tells who set a label.
type Labelled interface {
	// Labelled returns who set a label on a request last, and when; the zero value
	// where the server does not tell.
	Labelled(ctx context.Context, item Item, label string) (Labelling, error)
}

// Labelling is that somebody set a label.
type Labelling struct {
	ID string
	By Person
	At time.Time
}

// Permissions is a Repository that tells what somebody may do in it.
type Permissions interface {
	// Permission returns what a person may do: NoPermission where the forge says so, knows
	// nobody by that name, or tells of another account that has it.
	Permission(ctx context.Context, who Person) (Permission, error)
}

// Permission is what somebody may do in a repository.
type Permission string

// The permissions, the least first.
const (
	NoPermission  Permission = "none"
	MayRead       Permission = "read"
	MayWrite      Permission = "write"
	MayMaintain   Permission = "maintain"
	MayAdminister Permission = "admin"
)

// AtLeast reports whether it allows what another does, which is more than to be there.
func (p Permission) AtLeast(other Permission) bool {
	return other.rank() >= MayRead.rank() && p.rank() >= other.rank()
}

func (p Permission) rank() int {
	return slices.Index([]Permission{NoPermission, MayRead, MayWrite, MayMaintain, MayAdminister}, p)
}

// Teams is a Repository whose forge has teams.
type Teams interface {
	// IsMember reports whether a person is in a team, ORGANISATION/TEAM.
	IsMember(ctx context.Context, team string, who Person) (bool, error)
}

// Standing leaves of reviews, in the order in which they were given, the newest of each
// person that was not withdrawn.
func Standing(reviews []Review) []Review {
	var out []Review
	for _, one := range reviews {
		out = slices.DeleteFunc(out, func(earlier Review) bool { return strings.EqualFold(earlier.By.Login, one.By.Login) })
		out = append(out, one)
	}
	return slices.DeleteFunc(out, func(one Review) bool { return one.Withdrawn || one.By.Login == "" })
}

// ReviewPage is a part of the reviews of a request.
type ReviewPage = transport.Page[Review]

// ReviewsOf reads all pages of reviews as strictly as any other list, and returns what
// stands.
func (p Place) ReviewsOf(ctx context.Context, item Item, next func(context.Context, string) (ReviewPage, error)) ([]Review, error) {
	all, err := transport.All(p.within(ctx), next)
	if err != nil {
		return nil, p.Unread("the reviews", item, err)
	}
	slices.SortStableFunc(all, func(a, b Review) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(ordinal(a.ID), ordinal(b.ID))) })
	return Standing(all), nil
}

// Event is something that has happened to a request.
type Event struct {
	Labelling
	// Label is the one that was set or, where it was taken away, Removed.
	Label   string
	Removed bool
	// SHA is the commit that was pushed.
	SHA string
}

// Key implements transport.Listed.
func (e Event) Key() string { return e.ID }

// Size implements transport.Listed.
func (e Event) Size() int { return len(e.ID) + len(e.Label) + len(e.SHA) + e.By.size() }

// EventPage is a part of what has happened to a request.
type EventPage = transport.Page[Event]

// EventsOf reads all pages of events as strictly as any other list, the oldest first.
func (p Place) EventsOf(ctx context.Context, item Item, next func(context.Context, string) (EventPage, error)) ([]Event, error) {
	all, err := transport.All(p.within(ctx), next)
	if err != nil {
		return nil, p.Unread("what has happened", item, err)
	}
	slices.SortStableFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	return all, nil
}

// LastSet is who set a label last, where it was not taken away since.
func LastSet(events []Event, label string) Labelling {
	out := Labelling{}
	for _, one := range events {
		switch {
		case one.Label != label:
		case one.Removed:
			out = Labelling{}
		default:
			out = one.Labelling
		}
	}
	return out
}

// Unread says which part of a request could not be read.
func (p Place) Unread(part string, item Item, err error) error {
	if err == nil {
		return nil
	}
	return transport.Failed("reading "+part+" of request "+item.ID, p, err)
}

// Unasked says of whom it could not be found out what they may.
func (p Place) Unasked(who Person, err error) error {
	if err == nil {
		return nil
	}
	return transport.Failed("asking what "+cmp.Or(who.Login, "somebody")+" may do", p, err)
}

// TeamOf splits the name of a team at the last slash: an organisation may be in others.
func TeamOf(name string) (organisation, team string) {
	at := strings.LastIndex(name, "/")
	if at < 0 {
		return "", name
	}
	return name[:at], name[at+1:]
}
