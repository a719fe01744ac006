package forge

import (
	"context"
	"errors"
)

// Change is a state of a request: which files it touches is the same for as long
// as it is.
type Change struct{ Key, SHA, TargetBranch string }

// Change is the state that the item is in.
func (i Item) Change() Change { return Change{i.Key(), i.SHA, i.TargetBranch} }

// Touched is what a forge tells of a change.
type Touched struct {
	Files []string
	// Why no files are told: ErrTooManyFiles or ErrNotComputed; nil where they are.
	Why error
}

// Touches asks which files each of some changes touches. Any other error than
// that a forge does not tell of one is an error.
func Touches(ctx context.Context, asked Files, items []Item) (map[Change]Touched, error) {
	out := make(map[Change]Touched, len(items))
	for _, item := range items {
		files, err := asked.Files(ctx, item)
		if err != nil && !errors.Is(err, ErrNotComputed) && !errors.Is(err, ErrTooManyFiles) {
			return nil, err
		}
		out[item.Change()] = Touched{Files: files, Why: err}
	}
	return out, nil
}
