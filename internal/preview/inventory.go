package preview

import (
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// Entry is an object of an inventory, of Eddy or of Flux.
type Entry struct {
	object.Ref
	Version string
	// Input is the key of the input set that asked for it.
	Input string
	// Ended is how it came to its end, if it runs once and has; "" otherwise.
	Ended string
}

// EntriesOf reads an inventory. A line that cannot be read is left out: it is
// only looked at.
func EntriesOf(stored *v1.ResourceInventory) []Entry {
	if stored == nil {
		return nil
	}
	out := make([]Entry, 0, len(stored.Entries))
	for _, line := range stored.Entries {
		if id, err := object.ParseID(line.ID); err == nil {
			ending, _, _ := strings.Cut(line.Ended, ":")
			out = append(out, Entry{Ref: id, Version: line.Version, Input: line.Input, Ended: ending})
		}
	}
	return out
}
