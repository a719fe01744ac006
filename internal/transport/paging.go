package transport

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// PageSize is how many things one page is asked for; a forge may give less.
	PageSize = 100
	// maxPages bounds a listing.
	maxPages = 1000
)

// Listed is a thing on a page.
type Listed interface {
	// Key tells it from the others.
	Key() string
	// Size is about what it takes in memory, in bytes.
	Size() int
}

// Page is a part of a listing.
type Page[T Listed] struct {
	Items []T
	// Next is where the next page begins, in the forge's own words; "" after
	// the last one.
	Next string
	// Number of this page, where pages are numbered from 1 and one beyond the
	// last is empty; 0 where they are not.
	Number int
	// Total is how many items the forge says that there are; 0 when it does
	// not say.
	Total int
}

// Numbered returns which page a cursor stands for, where pages are numbered
// from 1.
func Numbered(cursor string) int {
	number, err := strconv.Atoi(cursor)
	if err != nil {
		return 1
	}
	return number
}

// Cursor is the inverse of Numbered; forges say 0 where no page follows.
func Cursor[N int | int64](number N) string {
	if number == 0 {
		return ""
	}
	return strconv.FormatInt(int64(number), 10)
}

var errEndless = errors.New("the listing does not end")

// ErrNotAList is valid JSON that is not the list that was asked for.
var ErrNotAList = &Error{What: "200 OK with JSON that is not the list that was asked for", Kind: ErrInvalidAnswer}

// All reads all pages. It is whole or an error: pages that repeat, never end, or
// hold less than the forge says that there is, are refused. An item on two
// pages, because the list moved meanwhile, counts once.
func All[T Listed](ctx context.Context, fetch func(ctx context.Context, cursor string) (Page[T], error)) ([]T, error) {
	ctx = metered(ctx)
	all := &collected[T]{bound: boundsOf(ctx).Kept, seen: map[string]bool{}, pages: map[[sha256.Size]byte]bool{}}
	most := PageSize // that a page holds
	for at, count := "", 1; count <= maxPages; count++ {
		got, err := fetch(ctx, at)
		if err != nil {
			return nil, err
		}
		if err := all.add(got.Items, count); err != nil {
			return nil, err
		}
		if got.Next == "" && got.Number > 0 && len(got.Items) >= most {
			// What it says of a next page may be of yesterday: it was told once,
			// and a forge that says that nothing has changed means the items.
			got.Next = Cursor(got.Number + 1)
		}
		if got.Next == "" {
			return all.whole(got.Total)
		}
		most = min(most, max(1, len(got.Items)))
		at = got.Next
	}
	return nil, &Error{What: fmt.Sprintf("%v after %d pages", errEndless, maxPages), Kind: ErrInvalidAnswer}
}

// collected is what was read so far of a listing.
type collected[T Listed] struct {
	items []T
	// held is what they take in memory, and bound the most that they may.
	held, bound int
	seen        map[string]bool
	// pages are digests: who repeats long names on each page has none of them held.
	pages map[[sha256.Size]byte]bool
}

// add takes what is on a page, the nth.
func (c *collected[T]) add(items []T, nth int) error {
	key := keyOf(items)
	if len(items) > 0 && c.pages[key] {
		return &Error{What: fmt.Sprintf("%v: page %d repeats an earlier one", errEndless, nth), Kind: ErrInvalidAnswer}
	}
	c.pages[key] = true
	for _, item := range items {
		if !c.seen[item.Key()] {
			c.seen[item.Key()] = true
			c.items = append(c.items, item)
			c.held += item.Size()
		}
	}
	if c.held > c.bound {
		return &Error{What: "the listing holds more than " + inBytes(c.bound), Kind: ErrTooMuch}
	}
	return nil
}

// whole refuses a listing that ended early.
func (c *collected[T]) whole(total int) ([]T, error) {
	if len(c.items) < total {
		return nil, &Error{What: fmt.Sprintf("the listing ended after %d of %d", len(c.items), total), Kind: ErrInvalidAnswer}
	}
	return c.items, nil
}

// keyOf tells pages apart by what is on them.
func keyOf[T Listed](items []T) [sha256.Size]byte {
	sum := sha256.New()
	for _, item := range items {
		_, _ = io.WriteString(sum, item.Key()+"\n") // a hash returns no error
	}
	return [sha256.Size]byte(sum.Sum(nil))
}
