package admit

import (
	"context"
	"fmt"
	"slices"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// Asked is what tells what the rules need and no listing does. It is a source, or
// what a run puts before one, to ask less of it.
type Asked interface {
	forge.Files
	source.Resolver
}

// Decide returns the verdicts on listed items: it lets the rules judge, and asks
// in between for what the next ones need, of those alone who got that far. Of
// what is gone by now there is no verdict.
func (c *Chain) Decide(ctx context.Context, asked Asked, items []source.Item, known Known) ([]Verdict, error) {
	wanted, refused := c.Filter(items)
	var err error
	if known.Files, err = c.files(ctx, asked, wanted, known); err != nil {
		return nil, fmt.Errorf("spec.filter.paths: %w", err)
	}
	known.Approvals = c.approve(ctx, asked, wanted, known)
	kept, over := c.Limit(wanted, known)
	complete, err := asked.Resolve(ctx, kept)
	if err != nil {
		return nil, err
	}
	return slices.Concat(given(c.prove(ctx, asked, complete, known), known), over, refused), nil
}

// files asks which files items change, each head commit once, where it matters.
func (c *Chain) files(ctx context.Context, asked Asked, wanted []source.Item, known Known) (map[forge.Change]forge.Touched, error) {
	if len(c.paths) == 0 {
		return nil, nil
	}
	return forge.Touches(ctx, asked, slices.DeleteFunc(slices.Clone(wanted), func(item source.Item) bool {
		return item.SHA == "" || known.Matching[item.Change()]
	}))
}
