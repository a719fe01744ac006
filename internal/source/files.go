package source

import (
	"context"
	"errors"
	"fmt"
)

// What a FileLister says of a request whose files it cannot list.
var (
	// ErrTooManyFiles is a request that changes more files than its forge tells.
	ErrTooManyFiles = errors.New("the request changes more files than the forge tells")
	// ErrNotComputed is a request whose forge has yet to find out what its head
	// commit changes.
	ErrNotComputed = errors.New("the forge has not computed yet what the request changes")
)

// FileLister is a Source that tells which files a request changes.
type FileLister interface {
	// Files returns the paths of the files that an item's head commit adds,
	// changes, moves (from where and to where) or deletes in comparison with
	// the target branch, from the root of the repository. It is whole or an
	// error.
	Files(ctx context.Context, item Item) ([]string, error)
}

// change is what was asked. As long as head and target stay, so does what a
// request changes.
type change struct{ providerType, url, id, sha, target string }

// maxFiles bounds what is kept of the names of files, in bytes.
const maxFiles = 16 << 20

// Files returns which files an item changes, and asks its forge once.
func (c *Clients) Files(ctx context.Context, src Source, config Config, item Item) ([]string, error) {
	lister, ok := src.(FileLister)
	if !ok {
		return nil, fmt.Errorf("files of a %s: %w", config.Type, ErrUnsupported)
	}
	if c == nil {
		return lister.Files(ctx, item)
	}
	who, err := c.asker(ctx, config)
	if err != nil {
		return nil, err
	}
	key := by[change]{who, change{config.Type, config.URL, item.ID, item.SHA, item.TargetBranch}}
	if known, ok := c.files.get(key); ok {
		return known.paths, known.err
	}
	paths, err := lister.Files(ctx, item)
	if err == nil || errors.Is(err, ErrTooManyFiles) {
		found := changed{paths, err}
		c.files.put(key, found, found.size())
	}
	return paths, err
}

// changed is what became of a look-up.
type changed struct {
	paths []string
	err   error
}

// size is about what the names take in memory.
func (c changed) size() int {
	const perString = 16
	size := perString
	for _, path := range c.paths {
		size += len(path) + perString
	}
	return size
}

// listPaths reads all pages of a list of files, as strictly as any other list.
func listPaths(ctx context.Context, fetch func(ctx context.Context, cursor string) (page, error)) ([]string, error) {
	items, err := listAll(ctx, fetch)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(items))
	for i, item := range items {
		paths[i] = item.Name
	}
	return paths, nil
}

// add puts a file on a page by the names that it has and had.
func (p *page) add(paths ...string) {
	for _, path := range paths {
		if path != "" {
			p.items = append(p.items, Item{Name: path})
		}
	}
}

// renamed returns both names of a file, once where they are the same.
func renamed(before, after string) []string {
	if before == after {
		return []string{after}
	}
	return []string{after, before}
}
