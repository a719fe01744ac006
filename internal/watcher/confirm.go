package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// confirm returns the listed items and those that are expected, by their keys, are
// missing from the listing, and turn out to be open still. Nothing is dropped on a
// listing alone: pages move while they are read, and a forge's index can lag.
// A look-up that fails, fails the run. Where an item of the listing cannot be
// told from others, each that is missing may be that one.
func confirm(ctx context.Context, forge source.Source, listed []source.Item, expected map[string]bool) ([]source.Item, error) {
	confirmed := slices.Clone(listed)
	stranger := slices.IndexFunc(listed, func(item source.Item) bool { return item.Nameless })
	for _, key := range missing(listed, expected) {
		if stranger >= 0 {
			confirmed = append(confirmed, source.Item{ID: key, Refused: fmt.Errorf("it may be %s: %w", listed[stranger].ID, listed[stranger].Refused)})
			continue
		}
		item, err := forge.Lookup(ctx, key)
		switch {
		case errors.Is(err, transport.ErrNotFound):
			continue
		case err != nil:
			return nil, fmt.Errorf("request %s is missing from the listing, and asking whether it is closed failed: %w", key, err)
		case !item.Closed:
			confirmed = append(confirmed, item)
		}
	}
	return confirmed, nil
}

// missing returns the keys of what is expected and not listed, in a stable order.
func missing(listed []source.Item, expected map[string]bool) []string {
	known := make(map[string]bool, len(listed))
	for _, item := range listed {
		known[item.Key()] = true
	}
	var out []string
	for key := range expected {
		if !known[key] {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
