package transport

import (
	"cmp"
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

// Bounds are of one listing, in bytes; of zero there is the default.
type Bounds struct {
	// Read is what all its pages and what belongs to them take together.
	Read int
	// Kept is what its items take in memory.
	Kept int
}

// meter counts what is read for one listing; nil counts nothing.
type meter struct {
	most  int
	bytes atomic.Int64
}

type (
	meterKey  struct{}
	boundsKey struct{}
)

// Within returns a context whose listings have these bounds.
func Within(ctx context.Context, bounds Bounds) context.Context {
	return context.WithValue(ctx, boundsKey{}, bounds)
}

func boundsOf(ctx context.Context) Bounds {
	found, _ := ctx.Value(boundsKey{}).(Bounds) // none where nobody says
	return Bounds{Read: cmp.Or(found.Read, maxListing), Kept: cmp.Or(found.Kept, maxKept)}
}

// metered returns a context in which what is read counts as one listing.
func metered(ctx context.Context) context.Context {
	return context.WithValue(ctx, meterKey{}, &meter{most: boundsOf(ctx).Read})
}

func meterOf(ctx context.Context) *meter {
	found, _ := ctx.Value(meterKey{}).(*meter) // nil where nobody counts
	return found
}

// read adds a number of bytes, and refuses what goes beyond the bound.
func (m *meter) read(size int) error {
	if m == nil || m.bytes.Add(int64(size)) <= int64(m.most) {
		return nil
	}
	return &Error{What: fmt.Sprintf("the whole listing is larger than %s", inBytes(m.most)), Kind: ErrTooMuch}
}

// inBytes writes a bound as people do.
func inBytes(size int) string {
	if size < 1<<20 {
		return fmt.Sprintf("%d KiB", size>>10)
	}
	return fmt.Sprintf("%d MiB", size>>20)
}
