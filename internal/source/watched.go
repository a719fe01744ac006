package source

import (
	"context"
	"fmt"

	"github.com/eddy-previews/eddy/internal/forge"
)

// maxOwn bounds how many inputs a service or a selection brings.
const maxOwn = 10_000

// watched is what a type watches: it says what to do about what goes wrong.
type watched struct {
	lister
	kind Type
}

// List implements Source.
func (w *watched) List(ctx context.Context, q Query) ([]Item, error) {
	items, err := w.lister.List(ctx, q)
	return items, WithRemedy(err)
}

// Lookup implements Source.
func (w *watched) Lookup(ctx context.Context, key string) (Item, error) {
	item, err := w.lister.Lookup(ctx, key)
	return item, WithRemedy(err)
}

// Resolve implements Resolver; most sources list their items complete.
func (w *watched) Resolve(ctx context.Context, items []Item) ([]Item, error) {
	resolver, ok := w.lister.(Resolver)
	if !ok {
		return items, nil
	}
	resolved, err := resolver.Resolve(ctx, items)
	return resolved, WithRemedy(err)
}

// Files implements forge.Files, where the forge tells.
func (w *watched) Files(ctx context.Context, item Item) ([]string, error) {
	lister, ok := w.lister.(forge.Files)
	if !ok {
		return nil, fmt.Errorf("files of a %s: %w", w.kind.Watches, ErrUnsupported)
	}
	paths, err := lister.Files(ctx, item)
	return paths, WithRemedy(err)
}

// Checks implements forge.Checks, where the forge tells.
func (w *watched) Checks(ctx context.Context, item Item, wanted forge.Names) ([]forge.Check, error) {
	lister, ok := w.lister.(forge.Checks)
	if !ok {
		return nil, fmt.Errorf("checks of a %s: %w", w.kind.Watches, ErrUnsupported)
	}
	found, err := lister.Checks(ctx, item, wanted)
	return found, withRemedyOfChecks(err, w.kind.Checks.Permission)
}

// Repository implements Source.
func (w *watched) Repository() (forge.Repository, error) {
	within, ok := w.lister.(interface{ repository() forge.Repository })
	if !ok {
		return nil, fmt.Errorf("the repository of a %s: %w", w.kind.Watches, ErrUnsupported)
	}
	return within.repository(), nil
}

// requests are those of a repository that tells which files they change.
type requests struct {
	*forge.Collection
	checks
	files forge.Files
}

// commits are what has one in a repository: branches, and requests of which no files are
// told.
type commits struct {
	*forge.Collection
	checks
}

// checks are those of commits in a repository.
type checks struct{ of forge.Repository }

func (c checks) repository() forge.Repository { return c.of }

// Checks implements forge.Checks.
func (c checks) Checks(ctx context.Context, item Item, wanted forge.Names) ([]forge.Check, error) {
	telling, ok := c.of.(forge.Checks)
	if !ok {
		return nil, fmt.Errorf("checks in a %T: %w", c.of, ErrUnsupported)
	}
	return telling.Checks(ctx, item, wanted)
}

// Files implements forge.Files.
func (r requests) Files(ctx context.Context, item Item) ([]string, error) {
	return r.files.Files(ctx, item)
}
