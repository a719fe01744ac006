package source

import (
	"context"
	"errors"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// change is what was asked. As long as head and target stay, so does what a
// request changes.
type change struct{ providerType, url, id, sha, target string }

const (
	// maxFiles bounds what is kept of the names of files, in bytes.
	maxFiles = 16 << 20
	// maxNames bounds it of one request: two with names of some kilobytes would push out
	// those of all others, which would be asked for anew in each run.
	maxNames = 256 << 10
)

// Files returns which files an item changes, and asks its forge once.
func (s *Shared) Files(ctx context.Context, src Source, config Config, item Item) ([]string, error) {
	if s == nil {
		return src.Files(ctx, item)
	}
	who, err := s.asker(ctx, config)
	if err != nil {
		return nil, err
	}
	key := transport.By[change]{Asker: who, About: change{config.Type, config.URL, item.ID, item.SHA, item.TargetBranch}}
	if known, ok := s.files.Get(key); ok {
		return known.paths, known.err
	}
	paths, err := src.Files(ctx, item)
	if (changed{paths, nil}).size() > maxNames {
		paths, err = nil, forge.ErrTooManyFiles
	}
	if err == nil || errors.Is(err, forge.ErrTooManyFiles) {
		found := changed{paths, err}
		s.files.Put(key, found, found.size())
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
