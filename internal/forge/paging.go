package forge

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Page is a part of a listing.
type Page = transport.Page[Item]

// fetch reads one page, the first one at the cursor "".
type fetch = func(ctx context.Context, cursor string) (Page, error)

// Listed refuses what is no list of things: null, and one with a null in it.
func Listed[T any](things []*T) error {
	if things == nil || slices.Contains(things, nil) {
		return transport.ErrNotAList
	}
	return nil
}

// ItemsOf reads what is on a page. No list at all is not an empty one, and what
// has neither number nor name is nothing.
func ItemsOf[T any](things []T, read func(T) (Item, error)) ([]Item, error) {
	if things == nil {
		return nil, transport.ErrNotAList
	}
	items := make([]Item, 0, len(things))
	for _, thing := range things {
		item, err := read(thing)
		if err != nil {
			return nil, err
		}
		if key := item.Key(); key == "" || key == "0" && item.Name == "" {
			return nil, transport.ErrNotAList
		}
		items = append(items, item)
	}
	return items, nil
}

// listAll reads all pages, and puts the newest request first, as forges do by
// themselves: pages are asked for the other way round, so that they do not move
// when one is opened. What has no number stays in its order.
func listAll(ctx context.Context, next fetch) ([]Item, error) {
	all, err := transport.All(ctx, func(ctx context.Context, cursor string) (Page, error) {
		page, err := next(ctx, cursor)
		for n, item := range page.Items {
			page.Items[n] = item.Bounded()
		}
		return page, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b Item) int { return cmp.Compare(numberOf(b), numberOf(a)) })
	return all, nil
}

// numberOf returns the number of a request, 0 for an id that is none.
func numberOf(item Item) int {
	number, err := strconv.Atoi(item.ID)
	if err != nil {
		return 0
	}
	return number
}

// FindIn looks for one name in a listing that holds it, if it is there at all.
func FindIn(ctx context.Context, name string, next fetch) (Item, error) {
	items, err := listAll(ctx, next)
	if err != nil {
		return Item{}, err
	}
	for _, item := range items {
		if item.Key() == name {
			return item, nil
		}
	}
	return Item{}, &transport.Error{What: "it is not listed", Kind: transport.ErrNotFound}
}

// Number reads the key of what a forge numbers.
func Number(key string) (int64, error) {
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n < 1 {
		return 0, &transport.Error{What: "it has no number", Kind: transport.ErrNotFound}
	}
	return n, nil
}

// Body is what a request sends, as JSON; nothing where there is nothing to say.
func Body(value any) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	return json.Marshal(value)
}
