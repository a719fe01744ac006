package source

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// collection is a Source: what a forge's file knows of one kind of thing in
// one repository, and what is the same for all.
type collection struct {
	// one and many are words: "pull request", "open pull requests".
	one, many  string
	repository fmt.Stringer
	// page reads one page of the listing, the first one at the cursor "".
	page func(ctx context.Context, q Query, cursor string) (page, error)
	// find looks up one thing by its key.
	find func(ctx context.Context, key string) (Item, error)
	// complete tells what the listing leaves out, of what is listed or found; nil
	// where that is nothing.
	complete func(ctx context.Context, items []Item) ([]Item, error)
	// files tells which files a request changes; nil where nothing tells.
	files func(ctx context.Context, item Item) ([]string, error)
	// visible asks for the repository itself; nil where an answer about a thing
	// tells one that is gone from one that may not be seen.
	visible func(ctx context.Context) error
	// bounds of a listing.
	bounds Bounds
}

// List implements Source.
func (c *collection) List(ctx context.Context, q Query) ([]Item, error) {
	ctx = within(ctx, c.bounds)
	items, err := listAll(ctx, func(ctx context.Context, cursor string) (page, error) {
		return c.page(ctx, q, cursor)
	})
	items = slices.DeleteFunc(items, func(item Item) bool { return item.Closed })
	if err == nil && c.complete != nil {
		items, err = c.complete(ctx, items)
	}
	if err != nil {
		return nil, failed("listing the "+c.many, c.repository, err)
	}
	for n, item := range items {
		items[n] = item.bounded() // what completes an item may be too large
	}
	return items, nil
}

// Lookup implements Source. Forges answer 404 for what they do not want to
// show, so a thing is believed to be gone only while its repository is there.
func (c *collection) Lookup(ctx context.Context, key string) (Item, error) {
	ctx = within(ctx, c.bounds)
	item, err := c.find(ctx, key)
	if err == nil {
		err = sameKey(item, key)
	}
	if errors.Is(err, ErrNotFound) && c.visible != nil {
		if hidden := c.visible(ctx); hidden != nil {
			err = unseen(hidden)
		}
	}
	found := []Item{item}
	if err == nil && c.complete != nil {
		found, err = c.complete(ctx, found)
	}
	if err != nil {
		return Item{}, failed(fmt.Sprintf("looking up %s %s", c.one, key), c.repository, err)
	}
	return found[0].bounded(), nil
}

// Files implements FileLister, as far as the forge tells.
func (c *collection) Files(ctx context.Context, item Item) ([]string, error) {
	if c.files == nil {
		return nil, fmt.Errorf("files of a %s: %w", c.one, ErrUnsupported)
	}
	paths, err := c.files(within(ctx, c.bounds), item)
	switch {
	case errors.Is(err, ErrNotComputed), errors.Is(err, ErrTooManyFiles):
		return nil, err
	case err != nil:
		return nil, failed(fmt.Sprintf("listing the files of %s %s", c.one, item.ID), c.repository, err)
	default:
		return paths, nil
	}
}

// sameKey refuses an answer about something else. A branch that was renamed
// answers under its new name: there is none of the old one.
func sameKey(item Item, key string) error {
	switch {
	case item.Key() == key:
		return nil
	case item.Name != "":
		return &answer{what: "the answer is about another name", kind: ErrNotFound}
	default:
		return &answer{what: "the answer is about another number", kind: ErrInvalidAnswer}
	}
}

// unseen makes of a repository that is not found one that may not be seen: the
// question was whether a thing in it is gone, and this is no answer.
func unseen(err error) error {
	if errors.Is(err, ErrNotFound) {
		return &answer{what: "404 Not Found, for the repository as well", kind: ErrForbidden}
	}
	return err
}

// inPart is an error about a part of a thing, such as its labels. That the part
// is not found does not mean that the thing is gone: it was found.
func inPart(part string, err error) error {
	var said *answer
	switch {
	case !errors.As(err, &said):
		return fmt.Errorf("%s: %w", part, err)
	case errors.Is(said.kind, ErrNotFound):
		return &answer{what: part + ": " + said.what, kind: ErrInvalidAnswer}
	default:
		return &answer{what: part + ": " + said.what, kind: said.kind}
	}
}

// exists turns the answer about a repository into an error where it is none: a
// repository has a number or a name.
func exists[T comparable](identity T) error {
	var none T
	if identity == none {
		return &answer{what: "200 OK with JSON that is not a repository", kind: ErrInvalidAnswer}
	}
	return nil
}

// number reads the key of what a forge numbers.
func number(key string) (int64, error) {
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n < 1 {
		return 0, &answer{what: "it has no number", kind: ErrNotFound}
	}
	return n, nil
}

// word is what a state may be called for it to be repeated.
var word = regexp.MustCompile(`^[A-Za-z_]{1,20}$`)

// isOver reads the state of a request. What is over loses its preview, so a
// word that is neither that of an open request nor of one that is over is an
// error.
func isOver(state string, open, over []string) (bool, error) {
	switch {
	case slices.Contains(open, state):
		return false, nil
	case slices.Contains(over, state):
		return true, nil
	default:
		if !word.MatchString(state) {
			state = "…"
		}
		return false, &answer{what: fmt.Sprintf("200 OK with a request in the state %q, which is unknown", state), kind: ErrInvalidAnswer}
	}
}

// branchItem is a branch and its head commit.
func branchItem(name, sha string) Item { return Item{Name: name, Branch: name, SHA: sha} }

// tagItem is a tag and the commit that it stands for.
func tagItem(name, sha string) Item { return Item{Name: name, Tag: name, SHA: sha} }
