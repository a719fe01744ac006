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

// Comments is a Repository whose requests can be commented on.
type Comments interface {
	// Comments returns those of a request that hold a text, the oldest first. It
	// looks at all of them, or it is an error.
	Comments(ctx context.Context, request, holding string) ([]Comment, error)
	// Comment writes a new one, and returns its id.
	Comment(ctx context.Context, request, text string) (id string, err error)
	// Recomment gives one another text, of which nobody is notified. One that is gone
	// is transport.ErrNotFound.
	Recomment(ctx context.Context, request string, comment Comment) error
	// Uncomment takes one away. One that is gone is transport.ErrNotFound.
	Uncomment(ctx context.Context, request, id string) error
	// Markdown is what a comment may be written with.
	Markdown() Markdown
}

// Comment is what somebody said about a request.
type Comment struct {
	ID, Text string
	// By is who said it, and At when.
	By Person
	At time.Time
	// Edited says that it was not always this text, or that the forge does not tell: it
	// may note that somebody reacted by the same time.
	Edited bool
}

// moment is what may pass between the two times that a forge notes of a comment as it is
// said: of its being there, and of its last change.
const moment = time.Second

// IsEdited reports whether a comment was changed after it was said, at a forge that notes
// both times one after the other. Where both are of one moment, they are compared as
// they are.
func IsEdited(said, changed time.Time) bool { return changed.Sub(said).Abs() >= moment }

// Key implements transport.Listed.
func (c Comment) Key() string { return c.ID }

// Size implements transport.Listed.
func (c Comment) Size() int { return len(c.ID) + len(c.Text) + c.By.size() }

// Markdown says what a forge makes of comments.
type Markdown struct {
	// Hides says that what stands between <!-- and --> is not shown. Elsewhere, the
	// definition of a link that nobody follows is not.
	Hides bool
	// Folds says that <details> can be unfolded.
	Folds bool
	// Tables says that there are some.
	Tables bool
	// Most is how long a comment may be, in bytes.
	Most int
}

// Hidden writes a text so that nobody sees it. It has neither brackets nor dashes
// in a row.
func (m Markdown) Hidden(text string) string {
	if m.Hides {
		return "<!-- " + text + " -->"
	}
	return "[" + strings.ReplaceAll(text, " ", ":") + "]: https://eddy.invalid"
}

// CommentPage is a part of the comments of a request.
type CommentPage = transport.Page[Comment]

// CommentsHolding reads all pages of comments as strictly as any other list, and
// keeps of those that do not hold a text nothing but that they are there.
func (p Place) CommentsHolding(ctx context.Context, holding string, next func(context.Context, string) (CommentPage, error)) ([]Comment, error) {
	all, err := transport.All(p.within(ctx), func(ctx context.Context, at string) (CommentPage, error) {
		page, err := next(ctx, at)
		for n, one := range page.Items {
			if !strings.Contains(one.Text, holding) {
				page.Items[n].Text = ""
			}
		}
		return page, err
	})
	if err != nil {
		return nil, transport.Failed("listing the comments of a request", p, err)
	}
	all = slices.DeleteFunc(all, func(one Comment) bool { return one.Text == "" })
	slices.SortStableFunc(all, func(a, b Comment) int { return cmp.Compare(ordinal(a.ID), ordinal(b.ID)) })
	return all, nil
}

// ordinal orders ids as they were given; those that are no numbers stay as they were
// listed.
func ordinal(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Told says what was tried to tell a request, where it failed.
func (p Place) Told(what, request string, err error) error {
	if err == nil {
		return nil
	}
	return transport.Failed(what+" request "+request, p, err)
}
