package source

import (
	"context"
	"fmt"
	"sync/atomic"
)

const (
	// maxListing bounds what is read for one listing, over all its pages, in bytes.
	maxListing = 256 << 20
	// maxKept bounds what is kept of one listing, in bytes.
	maxKept = 32 << 20
)

// meter counts what is read for one listing; nil counts nothing.
type meter struct{ bytes atomic.Int64 }

type meterKey struct{}

// metered returns a context in which what is read counts as one listing.
func metered(ctx context.Context) context.Context {
	return context.WithValue(ctx, meterKey{}, &meter{})
}

func meterOf(ctx context.Context) *meter {
	found, _ := ctx.Value(meterKey{}).(*meter) // nil where nobody counts
	return found
}

// read adds a number of bytes, and refuses what goes beyond the bound.
func (m *meter) read(size int) error {
	if m == nil || m.bytes.Add(int64(size)) <= maxListing {
		return nil
	}
	return &answer{what: fmt.Sprintf("the whole listing is larger than %d MiB", maxListing>>20), kind: errTooMuch}
}

// size is about what an item takes in memory.
func (i Item) size() int {
	const itself, perText = 400, 16
	size := itself
	for _, text := range []string{
		i.ID, i.Name, i.SHA, i.Tag, i.Digest, i.Branch, i.Environment, i.TargetBranch, i.Title, i.Author, i.Slug, i.URL,
	} {
		size += len(text)
	}
	for _, label := range i.Labels {
		size += len(label) + perText
	}
	return size
}
