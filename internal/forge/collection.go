package forge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Collection is one kind of thing in one repository: what a forge's folder knows
// of it, and what is the same for all.
type Collection struct {
	// One and Many are words: "pull request", "open pull requests".
	One, Many string
	// Of is the repository.
	Of Place
	// Page reads one page of the listing, the first one at the cursor "".
	Page func(ctx context.Context, q Query, cursor string) (Page, error)
	// Find looks up one thing by its key.
	Find func(ctx context.Context, key string) (Item, error)
	// Complete tells what the listing leaves out, of what is listed or found; nil
	// where that is nothing.
	Complete func(ctx context.Context, items []Item) ([]Item, error)
	// Visible asks for the repository itself; nil where an answer about a thing
	// tells one that is gone from one that may not be seen.
	Visible func(ctx context.Context) error
}

// List returns all that is open, or an error: the newest request first, branches
// and tags in the forge's order.
func (c *Collection) List(ctx context.Context, q Query) ([]Item, error) {
	ctx = c.Of.within(ctx)
	items, err := listAll(ctx, func(ctx context.Context, cursor string) (Page, error) {
		return transport.Recovered(func() (Page, error) { return c.Page(ctx, q, cursor) })
	})
	items = slices.DeleteFunc(items, func(item Item) bool { return item.Closed })
	if err == nil && c.Complete != nil {
		items, err = c.Complete(ctx, items)
	}
	if err != nil {
		return nil, transport.Failed("listing the "+c.Many, c.Of, err)
	}
	for n, item := range items {
		items[n] = item.Bounded() // what completes an item may be too large
	}
	return items, nil
}

// Lookup returns one thing by its key, open or closed, or transport.ErrNotFound
// where the forge says that there is none. Forges answer 404 for what they do not want to
// show, so a thing is believed to be gone only while its repository is there.
func (c *Collection) Lookup(ctx context.Context, key string) (Item, error) {
	ctx = c.Of.within(ctx)
	item, err := transport.Recovered(func() (Item, error) { return c.Find(ctx, key) })
	if err == nil {
		err = sameKey(item, key)
	}
	if errors.Is(err, transport.ErrNotFound) && c.Visible != nil {
		if hidden := c.Visible(ctx); hidden != nil {
			err = unseen(hidden)
		}
	}
	found := []Item{item}
	if err == nil && c.Complete != nil {
		found, err = c.Complete(ctx, found)
	}
	if err != nil {
		return Item{}, transport.Failed(fmt.Sprintf("looking up %s %s", c.One, key), c.Of, err)
	}
	return found[0].Bounded(), nil
}
