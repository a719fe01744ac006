package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/eddy-previews/eddy/internal/files"
)

// The kinds of entries of a folder of git.
const (
	isFolder    = "40000"
	isLink      = "120000"
	isSubmodule = "160000"
)

const (
	// maxLinks is how many links are followed for one name.
	maxLinks = 40
	// maxTarget is how many bytes a link leads by, as on a disk.
	maxTarget = 4096
)

// entry is one of a folder.
type entry struct {
	mode string
	hash plumbing.Hash
}

// tree is a commit's folder. It is looked at where somebody asks, and never
// walked: a few folders that have each other many times come to any number.
type tree struct {
	root    plumbing.Hash
	objects map[plumbing.Hash]object
	folders map[plumbing.Hash]map[string]entry
}

// Resolve returns the name of what a name leads to when all links are followed.
func (t *tree) Resolve(name string) (string, error) {
	real, _, err := t.find(name)
	return real, err
}

// Stat tells what a name leads to.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	real, it, err := t.find(name)
	if err != nil {
		return nil, err
	}
	size := int64(len(t.objects[it.hash].text))
	return info{name: path.Base(real), size: size, folder: it.mode == isFolder}, nil
}

// Read returns the text of a file.
func (t *tree) Read(name string) ([]byte, error) {
	_, it, err := t.find(name)
	switch blob, there := t.objects[it.hash]; {
	case err != nil:
		return nil, err
	case it.mode == isFolder:
		return nil, fmt.Errorf("%s: is a folder, not a file", name)
	case !there || len(blob.text) > maxFile: // the server was asked to leave out such files
		return nil, fmt.Errorf("%s: is larger than %d MiB, which is as much as is read of a file", name, maxFile>>20)
	case blob.kind != plumbing.BlobObject:
		return nil, fmt.Errorf("%s: is not a file", name)
	default:
		return blob.text, nil
	}
}

// find follows a name from the root, and links from where they are.
func (t *tree) find(name string) (string, entry, error) {
	at := entry{isFolder, t.root}
	if name = filepath.ToSlash(name); !filepath.IsLocal(name) {
		return "", at, fmt.Errorf("%s: leads out of what was fetched", name)
	}
	links := 0
	above := []entry{at}
	var real []string
	for rest := strings.Split(name, "/"); len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch {
		case part == "" || part == ".":
			continue
		case part == ".." && len(real) == 0:
			return "", at, fmt.Errorf("%s: is a link that leads out of what was fetched", name)
		case part == "..":
			real, above = real[:len(real)-1], above[:len(above)-1]
			continue
		}
		next, err := t.entry(above[len(above)-1], part)
		if err != nil {
			return "", at, fmt.Errorf("%s: %w", name, err)
		}
		if next.mode == isLink {
			if links++; links > maxLinks {
				return "", at, fmt.Errorf("%s: is a link to a link, and so on", name)
			}
			target, err := t.target(next)
			if err != nil {
				return "", at, fmt.Errorf("%s: %w", name, err)
			}
			rest = append(strings.Split(target, "/"), rest...)
			continue
		}
		real, above = append(real, part), append(above, next)
		if len(real) > files.MaxDepth {
			return "", at, fmt.Errorf("%s: is in more than %d folders", name, files.MaxDepth)
		}
	}
	return path.Join(append([]string{"."}, real...)...), above[len(above)-1], nil
}

// target is where a link leads, as seen from its folder.
func (t *tree) target(link entry) (string, error) {
	switch text := t.objects[link.hash].text; {
	case len(text) > maxTarget:
		return "", fmt.Errorf("is a link of more than %d bytes, which no disk takes", maxTarget)
	case len(text) == 0 || text[0] == '/':
		return "", errors.New("is a link that leads out of what was fetched")
	default:
		return string(text), nil
	}
}

// entry returns what a folder has under a name.
func (t *tree) entry(of entry, name string) (entry, error) {
	if of.mode != isFolder {
		return entry{}, fs.ErrNotExist
	}
	entries, known := t.folders[of.hash]
	if !known {
		folder, there := t.objects[of.hash]
		if !there || folder.kind != plumbing.TreeObject {
			return entry{}, errors.New("the server left out a folder")
		}
		var err error
		if entries, err = read(folder.text); err != nil {
			return entry{}, err
		}
		t.folders[of.hash] = entries
	}
	it, there := entries[name]
	switch {
	case !there:
		return entry{}, fs.ErrNotExist
	case it.mode == isSubmodule:
		return entry{}, errors.New("is in a submodule, and none is followed: name its own address")
	}
	return it, nil
}

// read reads a folder as git writes it: MODE NAME, a zero, and the hash.
func read(text []byte) (map[string]entry, error) {
	out := map[string]entry{}
	for len(text) > 0 {
		head, rest, found := bytes.Cut(text, []byte{0})
		mode, name, named := strings.Cut(string(head), " ")
		var hash plumbing.Hash
		if !found || !named || len(rest) < len(hash) {
			return nil, errors.New("a folder cannot be read")
		}
		copy(hash[:], rest)
		text = rest[len(hash):]
		out[name] = entry{strings.TrimLeft(mode, "0"), hash}
	}
	return out, nil
}

// single is a file that was fetched alone.
type single struct {
	name string
	text []byte
}

// Resolve knows the name of the file.
func (s single) Resolve(name string) (string, error) {
	if name != s.name {
		return "", fmt.Errorf("%s: %w: the file was fetched alone", name, fs.ErrNotExist)
	}
	return name, nil
}

// Stat tells of the file.
func (s single) Stat(name string) (fs.FileInfo, error) {
	_, err := s.Resolve(name)
	return info{name: s.name, size: int64(len(s.text))}, err
}

// Read returns the text of the file.
func (s single) Read(name string) ([]byte, error) {
	_, err := s.Resolve(name)
	return s.text, err
}

// info is what is told of a file or folder.
type info struct {
	name   string
	size   int64
	folder bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) IsDir() bool        { return i.folder }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) Sys() any           { return nil }

// Mode is that of a folder or of a file; nothing is ever written or run.
func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o500
	}
	return 0o400
}
