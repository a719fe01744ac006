package v1

import (
	"encoding/json"
	"fmt"
)

// Of the long lists in a status the API server has no schema: with one it would look at
// each field of each line whenever one of them is written, which is most of what a change
// of one preview would cost. So what is in them is looked at here. Who may write a status
// can write anything there; it must not keep anybody from reading the sets of others.

// PreviewLines are the lines of previews in a status.
type PreviewLines []PreviewStatus

// UnmarshalJSON reads lines. Those of another form are none: the next run writes them anew.
func (l *PreviewLines) UnmarshalJSON(text []byte) error {
	var lines []PreviewStatus
	if json.Unmarshal(text, &lines) != nil {
		lines = nil
	}
	*l = lines
	return nil
}

// ResourceRefs are the lines of an inventory.
type ResourceRefs []ResourceRef

// UnmarshalJSON reads an inventory. Of one of another form it is not known what it names,
// and so it is one line that names nothing: who reads it says so, and deletes nothing.
func (l *ResourceRefs) UnmarshalJSON(text []byte) error {
	var lines []ResourceRef
	if err := json.Unmarshal(text, &lines); err != nil {
		lines = []ResourceRef{{ID: fmt.Sprintf("(status.inventory.entries is not a list of objects: %s)", err)}}
	}
	*l = lines
	return nil
}
