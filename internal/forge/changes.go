package forge

import (
	"context"
	"errors"
	"fmt"
	"time"
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

// errLater is a change whose turn has not come: strangers may open as many requests as
// they like, each of thousands of files.
var errLater = fmt.Errorf("more requests are new than are looked at in one run: %w", ErrNotComputed)

// Touches asks which files each of some changes touches, for three quarters of the time
// that is left: what is not asked for by then waits. Any other error than that a forge
// does not tell of one is an error.
func Touches(ctx context.Context, asked Files, items []Item) (map[Change]Touched, error) {
	within, cancel := Within(ctx, 0.75)
	defer cancel()
	out := make(map[Change]Touched, len(items))
	for _, item := range items {
		if out[item.Change()] = (Touched{Why: errLater}); within.Err() != nil {
			continue
		}
		files, err := asked.Files(within, item)
		switch {
		case err == nil, errors.Is(err, ErrNotComputed), errors.Is(err, ErrTooManyFiles):
			out[item.Change()] = Touched{Files: files, Why: err}
		case within.Err() == nil || ctx.Err() != nil:
			return nil, err
		}
	}
	return out, nil
}

// Within returns a context for a part of the time that is left, where it has an end: what
// comes after needs some.
func Within(ctx context.Context, part float64) (context.Context, context.CancelFunc) {
	ends, is := ctx.Deadline()
	if !is {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(part*float64(time.Until(ends))))
}
