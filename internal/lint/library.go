package lint

import (
	"sync"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// library are the files that were read, by name, and the documents in them. It is safe for
// concurrent use.
type library struct {
	mu     sync.Mutex
	files  map[string][]byte
	parsed map[string]parsed
}

// parsed is what a file says.
type parsed struct {
	documents []*manifest.Document
	err       error
}

func newLibrary() *library { return &library{files: map[string][]byte{}, parsed: map[string]parsed{}} }

// of is the text of a file, nil where it was not read.
func (t *library) of(name string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.files[name]
}

// has reports whether a file was read.
func (t *library) has(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.files[name]
	return known
}

// count is how many files were read.
func (t *library) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.files)
}

// keep takes down the text of a file.
func (t *library) keep(name string, text []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files[name] = text
	delete(t.parsed, name)
}

// parse returns the documents of a file that was read, and what is wrong in it.
func (t *library) parse(name string) ([]*manifest.Document, error) {
	t.mu.Lock()
	known, done := t.parsed[name]
	text := t.files[name]
	t.mu.Unlock()
	if !done {
		known.documents, known.err = manifest.Parse(name, text)
		t.mu.Lock()
		t.parsed[name] = known
		t.mu.Unlock()
	}
	return known.documents, known.err
}

// documents are those of a file that was read, whatever is wrong in it.
func (t *library) documents(name string) []*manifest.Document {
	documents, err := t.parse(name)
	if err != nil { // kustomize says what is wrong in it, unless it is a list
		if list := manifest.List(name, t.of(name)); list != nil {
			return []*manifest.Document{list}
		}
	}
	return documents
}
