package overlay

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// memory is the file system that kustomize is given: it holds what was vetted,
// under the names that it has on disk, and nothing else. What kustomize does not
// need, and a build does not do, happens in the embedded one, which is empty.
type memory struct {
	filesys.FileSystem
	files   map[string][]byte
	folders map[string]bool
}

func newMemory() *memory {
	return &memory{FileSystem: filesys.MakeFsInMemory(), files: map[string][]byte{}, folders: map[string]bool{}}
}

// add puts a file there, and the folders that it is in.
func (m *memory) add(name string, text []byte) {
	m.files[name] = text
	for dir := filepath.Dir(name); !m.folders[dir]; dir = filepath.Dir(dir) {
		m.folders[dir] = true
	}
}

// IsDir reports whether there is such a folder.
func (m *memory) IsDir(path string) bool { return m.folders[filepath.Clean(path)] }

// Exists reports whether there is such a file or folder.
func (m *memory) Exists(path string) bool {
	_, file := m.files[filepath.Clean(path)]
	return file || m.IsDir(path)
}

// ReadFile returns the text of a file.
func (m *memory) ReadFile(path string) ([]byte, error) {
	text, found := m.files[filepath.Clean(path)]
	if !found {
		return nil, fmt.Errorf("reading %s: %w", path, fs.ErrNotExist)
	}
	return text, nil
}

// CleanedAbs returns the folder, or the folder and the name of the file, that a
// path leads to. There are no links.
func (m *memory) CleanedAbs(path string) (dir filesys.ConfirmedDir, file string, err error) {
	path = filepath.Clean(path)
	switch {
	case m.IsDir(path):
		return filesys.ConfirmedDir(path), "", nil
	case m.Exists(path):
		return filesys.ConfirmedDir(filepath.Dir(path)), filepath.Base(path), nil
	default:
		return "", "", fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
}
