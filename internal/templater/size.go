package templater

import (
	"encoding/json"
	"strconv"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// size is how many bytes a value takes as JSON.
func size(value any) int {
	text, err := json.Marshal(value)
	if err != nil {
		return maxObject // it would not be stored either
	}
	return len(text)
}

// sizeWithoutPreviews is how many bytes a set takes as JSON but for the lines of its
// previews, and who manages which field.
func sizeWithoutPreviews(set *v1.ResourceSet) int {
	rest := *set
	rest.Status.Previews, rest.Status.Inventory, rest.ManagedFields = nil, nil, nil
	total := size(rest)
	if set.Status.Inventory != nil {
		total += len(`"inventory":{"entries":[]},`)
		for _, entry := range set.Status.Inventory.Entries {
			total += sizeOfEntry(entry) + 1
		}
	}
	return total
}

// sizeOfEntry is size for a line of the inventory, which is not written for that.
func sizeOfEntry(entry v1.ResourceRef) int {
	if !arePlain(entry.ID, entry.Version, entry.Input, entry.Ended) {
		return size(entry)
	}
	total := len(`{"id":"","v":""}`) + len(entry.ID) + len(entry.Version)
	if entry.Input != "" {
		total += len(`,"in":""`) + len(entry.Input)
	}
	if entry.Shared {
		total += len(`,"shared":true`)
	}
	if entry.Ended != "" {
		total += len(`,"ended":""`) + len(entry.Ended)
	}
	return total
}

// sizeOfLine is size for the line of a preview.
func sizeOfLine(line v1.PreviewStatus) int {
	if line.LastTransitionTime.IsZero() ||
		!arePlain(line.ID, line.Provider, string(line.Ready), line.Reason, line.Message, line.Revision, line.SHA, line.ReadySHA, line.URL) {
		return size(line)
	}
	total := len(`{"id":"","provider":"","ready":"","reason":"","objects":,"lastTransitionTime":"2006-01-02T15:04:05Z"}`)
	total += len(line.ID) + len(line.Provider) + len(line.Ready) + len(line.Reason) + len(strconv.FormatInt(line.Objects, 10))
	for _, one := range [...]struct{ name, value string }{
		{"message", line.Message}, {"revision", line.Revision}, {"sha", line.SHA}, {"readySHA", line.ReadySHA}, {"url", line.URL},
	} {
		if one.value != "" {
			total += len(`,"":""`) + len(one.name) + len(one.value)
		}
	}
	return total
}

// arePlain reports whether JSON writes texts as they are.
func arePlain(texts ...string) bool {
	for _, text := range texts {
		for i := range len(text) {
			switch c := text[i]; {
			case c < 0x20, c >= 0x7f, c == '"', c == '\\', c == '<', c == '>', c == '&':
				return false
			}
		}
	}
	return true
}
