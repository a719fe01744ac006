package forge

import (
	"context"
	"errors"

	"github.com/eddy-previews/eddy/internal/transport"
)

// What Files says of a request whose files it cannot list.
var (
	// ErrTooManyFiles is a request that changes more files than its forge tells.
	ErrTooManyFiles = errors.New("the request changes more files than the forge tells")
	// ErrNotComputed is a request whose forge has yet to find out what its head
	// commit changes.
	ErrNotComputed = errors.New("the forge has not computed yet what the request changes")
)

// ReadFiles lets a forge read the files of an item of the collection, within the
// bounds of the repository. The error says what was tried.
func (c *Collection) ReadFiles(ctx context.Context, item Item, read func(context.Context, Item) ([]string, error)) ([]string, error) {
	paths, err := read(c.Of.within(ctx), item)
	switch {
	case errors.Is(err, ErrNotComputed), errors.Is(err, ErrTooManyFiles):
		return nil, err
	case err != nil:
		return nil, transport.Failed("listing the files of "+c.One+" "+item.ID, c.Of, err)
	default:
		return paths, nil
	}
}

// ListPaths reads all pages of a list of files, as strictly as any other list.
func ListPaths(ctx context.Context, next fetch) ([]string, error) {
	items, err := listAll(ctx, next)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(items))
	for i, item := range items {
		paths[i] = item.Name
	}
	return paths, nil
}

// Paths are the names that a file has and had, as they are put on a page.
func Paths(names ...string) []Item {
	var out []Item
	for _, name := range names {
		if name != "" {
			out = append(out, Item{Name: name})
		}
	}
	return out
}

// Renamed returns both names of a file, once where they are the same.
func Renamed(before, after string) []Item {
	if before == after {
		return Paths(after)
	}
	return Paths(after, before)
}
