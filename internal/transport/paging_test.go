package transport_test

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/transport"
)

// named is an item with a name.
type named string

func (n named) Key() string { return string(n) }
func (n named) Size() int   { return len(n) }

func TestAListingHoldsNothingOfWhatItsPagesRepeat(t *testing.T) {
	const pages, long = 64, 1 << 20
	inUse := func() uint64 {
		var memory runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	before, after := inUse(), uint64(0)
	all, err := transport.All(t.Context(), func(_ context.Context, cursor string) (transport.Page[named], error) {
		at, _ := strconv.Atoi(cursor) // the first has none
		if at == pages-1 {
			after = inUse()
			return transport.Page[named]{}, nil
		}
		return transport.Page[named]{Items: []named{named(strings.Repeat("n", long)), named(strconv.Itoa(at))}, Next: strconv.Itoa(at + 1)}, nil
	})
	if err != nil || len(all) != pages {
		t.Fatalf("it lists %d items: %v", len(all), err)
	}
	if after > before+8*long {
		t.Errorf("it holds %d MiB of %d pages that repeat a name of 1 MiB", (after-before)>>20, pages)
	}
}
