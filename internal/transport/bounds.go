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
	// maxDecoded bounds what one answer takes in memory once it is read, in bytes.
	maxDecoded = 64 << 20
)

const (
	// perPart is about what an object, a list or an element of a list takes once it is
	// read, in bytes: libraries have a whole struct for each, also where it was written as
	// {} or 0.
	perPart = 512
	// perField is the same of a field of an object, where that becomes a map.
	perField = 96
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

// checkDecoded refuses a text that takes too much once it is read: a list of {} takes 200
// times of what it is on the way.
func checkDecoded(text []byte) error {
	if len(text)*perPart <= maxDecoded || decoded(text) <= maxDecoded {
		return nil
	}
	return &Error{What: fmt.Sprintf("the answer takes more than %s once it is read", inBytes(maxDecoded)), Kind: ErrTooMuch}
}

// decoded is about what JSON takes at most once it is read, in bytes, beside its texts.
// What is in quotes is one text, whatever characters it has.
func decoded(text []byte) int {
	size := 0
	var open []byte // the brackets around a place
	for n := 0; n < len(text); n++ {
		switch c := text[n]; c {
		case '"':
			n = endOfText(text, n)
		case '{', '[':
			size += perPart
			open = append(open, c)
		case '}', ']':
			open = open[:max(0, len(open)-1)]
		case ',':
			if len(open) > 0 && open[len(open)-1] == '[' {
				size += perPart
			} else {
				size += perField
			}
		}
	}
	return size
}

// endOfText is where the text ends that begins at a quote.
func endOfText(text []byte, quote int) int {
	for n := quote + 1; n < len(text); n++ {
		switch text[n] {
		case '\\':
			n++
		case '"':
			return n
		}
	}
	return len(text)
}

// inBytes writes a bound as people do.
func inBytes(size int) string {
	if size < 1<<20 {
		return fmt.Sprintf("%d KiB", size>>10)
	}
	return fmt.Sprintf("%d MiB", size>>20)
}
