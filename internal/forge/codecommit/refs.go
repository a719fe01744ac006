package codecommit

import (
	"context"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Branches implements forge.Repository.
func (c *Repository) Branches() *forge.Collection {
	return c.refs("branch", "branches", "refs/heads/", forge.BranchItem)
}

// Tags implements forge.Repository.
func (c *Repository) Tags() *forge.Collection {
	return c.refs("tag", "tags", "refs/tags/", forge.TagItem)
}

// refs watches the references below a prefix; Git tells all of them at once.
func (c *Repository) refs(one, many, prefix string, item func(name, sha string) forge.Item) *forge.Collection {
	all := func(ctx context.Context, _ string) (forge.Page, error) {
		refs, err := lsRemote(ctx, c.git, c.place.String(), c.sign)
		out := forge.Page{}
		for _, ref := range refs {
			if name, ours := strings.CutPrefix(ref.name, prefix); ours {
				out.Items = append(out.Items, item(name, ref.sha))
			}
		}
		return out, err
	}
	return &forge.Collection{
		One: one, Many: many, Of: c.place,
		Page: func(ctx context.Context, _ forge.Query, at string) (forge.Page, error) { return all(ctx, at) },
		Find: func(ctx context.Context, name string) (forge.Item, error) { return forge.FindIn(ctx, name, all) },
		Visible: func(ctx context.Context) error {
			_, err := all(ctx, "")
			return err
		},
	}
}
