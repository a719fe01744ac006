package admit

import (
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// maxLimit is the most that spec.filter.limit may be.
const maxLimit = 10000

// limit is how many items have a place.
type limit struct {
	most int
	// rank puts first what is worth more; nil where items stand in a queue.
	rank func([]source.Item) (ranked []source.Item, refused []Verdict)
}

// limitOf returns how many items to export. What brings its own inputs is taken
// whole unless a limit is set.
func limitOf(provider *v1.ResourceSetInputProvider, kind source.Type) int {
	if kind.Watches == source.External && provider.Spec.Filter == nil {
		return maxLimit
	}
	return provider.GetLimit()
}

// apply keeps at most as many items as have a place.
func (l limit) apply(items []source.Item, known Known) (kept []source.Item, stopped []Verdict) {
	if l.rank == nil {
		return l.queue(items, known)
	}
	// What is ordered by worth has a best few, and no queue: the newest version
	// is to replace the one before it, not to wait for it.
	ranked, stopped := l.rank(items)
	at := min(len(ranked), l.most)
	return ranked[:at], append(stopped, each(ranked[at:], refuse(Outranked, "limit", fmt.Sprintf("spec.filter.limit is %d, and so many are worth more", l.most)))...)
}

// queue keeps items in their order: those that are inputs already have their
// places, and then come newcomers.
func (l limit) queue(items []source.Item, known Known) (kept []source.Item, waiting []Verdict) {
	inputs, newcomers := l.most, l.most
	for _, item := range items {
		if known.Exported[item.Key()] {
			newcomers--
		}
	}
	var over []source.Item
	for _, item := range items {
		places := &newcomers
		if known.Exported[item.Key()] {
			places = &inputs
		}
		if *places <= 0 {
			over = append(over, item)
			continue
		}
		*places--
		kept = append(kept, item)
	}
	return kept, l.waiting(over)
}

// waiting says of items for which there is no place when their turn is.
func (l limit) waiting(over []source.Item) []Verdict {
	out := make([]Verdict, len(over))
	for n, item := range over {
		out[n] = *hold(Queued, "waits for a place, as number %d of %d: spec.filter.limit is %d, and so many have one", n+1, len(over), l.most).by("spec.filter.limit")
		out[n].Item = item
	}
	return out
}

// each gives the same verdict on several items.
func each(items []source.Item, verdict *Verdict) []Verdict {
	out := make([]Verdict, len(items))
	for n, item := range items {
		out[n] = *verdict
		out[n].Item = item
	}
	return out
}
