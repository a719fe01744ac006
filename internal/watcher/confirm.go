package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/source"
)

// confirm returns the listed items and those that were exported, are missing
// from the listing, and turn out to be open still. Nothing is dropped on a
// listing alone: pages move while they are read, and a forge's index can lag.
// A look-up that fails, fails the run.
func confirm(ctx context.Context, forge source.Source, listed []source.Item, exported exportedInputs) ([]source.Item, error) {
	confirmed := slices.Clone(listed)
	for _, id := range missing(listed, exported) {
		item, err := forge.Lookup(ctx, id)
		switch {
		case errors.Is(err, source.ErrNotFound):
			continue
		case err != nil:
			return nil, fmt.Errorf("request %s is missing from the listing, and asking whether it is closed failed: %w", id, err)
		case !item.Closed:
			confirmed = append(confirmed, item)
		}
	}
	return confirmed, nil
}

// missing returns the exported ids that are not listed, in a stable order.
func missing(listed []source.Item, exported exportedInputs) []string {
	ids := make(map[string]bool, len(listed))
	for _, item := range listed {
		ids[item.ID] = true
	}
	var out []string
	for id := range exported {
		if !ids[id] {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
