package preview

import (
	"net/url"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Key is what a preview is known by in a ResourceSet for as long as it lives: in
// inventories, in messages and to people. It is written PROVIDER/ID.
type Key struct {
	// Provider is the name of the object that the input set comes from; of a
	// permutation, the input sets that it combines: regions=eu/api=12.
	Provider string
	// ID of the input set, without a slash where it is a permutation.
	ID string
}

// KeyOf returns the key of a line of a status.
func KeyOf(line v1.PreviewStatus) Key { return Key{Provider: line.Provider, ID: line.ID} }

// ParseKey reads a key. What has no slash is a provider without an id.
func ParseKey(text string) Key {
	at := strings.Index(text, "/")
	if at < 0 {
		return Key{Provider: text}
	}
	if strings.Contains(text[:at], "=") {
		at = strings.LastIndex(text, "/")
	}
	return Key{Provider: text[:at], ID: text[at+1:]}
}

// String returns PROVIDER/ID.
func (k Key) String() string { return k.Provider + "/" + k.ID }

// IsPermutation reports whether the preview combines input sets of several
// providers.
func (k Key) IsPermutation() bool { return strings.Contains(k.Provider, "=") }

// Parts are the keys of the input sets that the preview is made of: those that a
// permutation combines, or its own.
func (k Key) Parts() []Key {
	if !k.IsPermutation() {
		return []Key{k}
	}
	var out []Key
	for part := range strings.SplitSeq(k.Provider, "/") {
		provider, label, _ := strings.Cut(part, "=")
		out = append(out, Key{Provider: provider, ID: idOf(label)})
	}
	return out
}

// idOf reads what a permutation calls an input set by: its id, written so that it holds
// none of = / #, with #N behind it where it is the Nth of that id; or its position, #N.
func idOf(label string) string {
	if at := strings.IndexByte(label, '#'); at > 0 {
		label = label[:at]
	}
	if id, err := url.QueryUnescape(label); err == nil {
		return id
	}
	return label
}
