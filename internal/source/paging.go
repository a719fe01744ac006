package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	// pageSize is how many things one page is asked for; a forge may give less.
	pageSize = 100
	// maxPages bounds a listing.
	maxPages = 1000
)

// page is a part of a listing.
type page struct {
	items []Item
	// next is where the next page begins, in the forge's own words; "" after
	// the last one.
	next string
	// number of this page, where pages are numbered from 1 and one beyond the
	// last is empty; 0 where they are not.
	number int
	// total is how many items the forge says that there are; 0 when it does
	// not say.
	total int
}

// numbered returns which page a cursor stands for, where pages are numbered
// from 1.
func numbered(cursor string) int {
	number, err := strconv.Atoi(cursor)
	if err != nil {
		return 1
	}
	return number
}

// cursor is the inverse of numbered; forges say 0 where no page follows.
func cursor[N int | int64](number N) string {
	if number == 0 {
		return ""
	}
	return strconv.FormatInt(int64(number), 10)
}

var errEndless = errors.New("the listing does not end")

// errNotAList is valid JSON that is not the list that was asked for.
var errNotAList = &answer{what: "200 OK with JSON that is not the list that was asked for", kind: ErrInvalidAnswer}

// itemsOf reads what is on a page. No list at all is not an empty one, and what
// has neither number nor name is nothing.
func itemsOf[T any](things []T, read func(T) (Item, error)) ([]Item, error) {
	if things == nil {
		return nil, errNotAList
	}
	items := make([]Item, 0, len(things))
	for _, thing := range things {
		item, err := read(thing)
		if err != nil {
			return nil, err
		}
		if key := item.Key(); key == "" || key == "0" && item.Name == "" {
			return nil, errNotAList
		}
		items = append(items, item)
	}
	return items, nil
}

// listAll reads all pages. It is whole or an error: pages that repeat, never
// end, or hold less than the forge says that there is, are refused. An item on
// two pages, because the list moved meanwhile, counts once.
func listAll(ctx context.Context, fetch func(ctx context.Context, cursor string) (page, error)) ([]Item, error) {
	ctx = metered(ctx)
	kept := boundsOf(ctx).Kept
	var all []Item
	held := 0
	most := pageSize // that a page holds
	seen, pages := map[string]bool{}, map[string]bool{}
	for at, count := "", 1; ; count++ {
		if count > maxPages {
			return nil, &answer{what: fmt.Sprintf("%v after %d pages", errEndless, maxPages), kind: ErrInvalidAnswer}
		}
		got, err := fetch(ctx, at)
		if err != nil {
			return nil, err
		}
		key := keyOf(got.items)
		if len(got.items) > 0 && pages[key] {
			return nil, &answer{what: fmt.Sprintf("%v: page %d repeats an earlier one", errEndless, count), kind: ErrInvalidAnswer}
		}
		pages[key] = true
		for _, item := range got.items {
			if !seen[item.Key()] {
				seen[item.Key()] = true
				item = item.bounded()
				all = append(all, item)
				held += item.size()
			}
		}
		if held > kept {
			return nil, &answer{what: "the listing holds more than " + inBytes(kept), kind: errTooMuch}
		}
		if got.next == "" && got.number > 0 && len(got.items) >= most {
			// What it says of a next page may be of yesterday: it was told once,
			// and a forge that says that nothing has changed means the items.
			got.next = cursor(got.number + 1)
		}
		if got.next == "" {
			return whole(all, got.total)
		}
		most = min(most, max(1, len(got.items)))
		at = got.next
	}
}

// whole refuses a listing that ended early, and puts the newest request first,
// as forges do by themselves: pages are asked for the other way round, so that
// they do not move when one is opened. What has no number stays in its order.
func whole(all []Item, total int) ([]Item, error) {
	if len(all) < total {
		return nil, &answer{what: fmt.Sprintf("the listing ended after %d of %d", len(all), total), kind: ErrInvalidAnswer}
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

// keyOf tells pages apart by what is on them.
func keyOf(items []Item) string {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key()
	}
	return strings.Join(keys, "\n")
}

// findIn looks for one name in a listing that holds it, if it is there at all.
func findIn(ctx context.Context, name string, fetch func(ctx context.Context, cursor string) (page, error)) (Item, error) {
	items, err := listAll(ctx, fetch)
	if err != nil {
		return Item{}, err
	}
	for _, item := range items {
		if item.Key() == name {
			return item, nil
		}
	}
	return Item{}, &answer{what: "it is not listed", kind: ErrNotFound}
}
