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
	// pageSize is how many requests one page is asked for; a forge may give less.
	pageSize = 100
	// maxPages bounds a listing.
	maxPages = 1000
)

// page is a part of a listing.
type page struct {
	items []Item
	// next is the number of the next page, 0 after the last one.
	next int
	// number of this page, where pages are numbered from 1 and one beyond the
	// last is empty; 0 where they are not.
	number int
	// total is how many items the forge says that there are; 0 when it does
	// not say.
	total int
}

var errEndless = errors.New("the listing does not end")

// listAll reads all pages, from page 1, newest request first. It is whole or an error: pages that
// repeat, never end, or hold less than the forge says that there is, are
// refused. An item on two pages, because the list moved meanwhile, counts once.
func listAll(ctx context.Context, fetch func(ctx context.Context, number int) (page, error)) ([]Item, error) {
	var all []Item
	most := pageSize // that a page holds
	seen, pages := map[string]bool{}, map[string]bool{}
	for number, count := 1, 0; ; count++ {
		if count == maxPages {
			return nil, &answer{what: fmt.Sprintf("%v after %d pages", errEndless, maxPages), kind: ErrInvalidAnswer}
		}
		got, err := fetch(ctx, number)
		if err != nil {
			return nil, err
		}
		key := keyOf(got.items)
		if len(got.items) > 0 && pages[key] {
			return nil, &answer{what: fmt.Sprintf("%v: page %d repeats an earlier one", errEndless, number), kind: ErrInvalidAnswer}
		}
		pages[key] = true
		for _, item := range got.items {
			if !seen[item.Key()] {
				seen[item.Key()] = true
				all = append(all, item)
			}
		}
		if got.next == 0 && got.number > 0 && len(got.items) >= most {
			// What it says of a next page may be of yesterday: it was told once,
			// and a forge that says that nothing has changed means the items.
			got.next = got.number + 1
		}
		if got.next == 0 {
			return whole(all, got.total)
		}
		most = min(most, max(1, len(got.items)))
		number = got.next
	}
}

// whole refuses a listing that ended early, and puts the newest request first,
// as forges do by themselves: pages are asked for the other way round, so that
// they do not move when one is opened.
func whole(all []Item, total int) ([]Item, error) {
	if len(all) < total {
		return nil, &answer{what: fmt.Sprintf("the listing ended after %d of %d requests", len(all), total), kind: ErrInvalidAnswer}
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
