package bitbucket

import (
	"context"
	"net/url"
	"strconv"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Branches implements forge.Repository.
func (c *Cloud) Branches() *forge.Collection {
	return c.refs("branch", "branches", "/refs/branches", forge.BranchItem)
}

// Tags implements forge.Repository.
func (c *Cloud) Tags() *forge.Collection {
	return c.refs("tag", "tags", "/refs/tags", forge.TagItem)
}

// cloudRef is a branch or a tag. Target is the commit, also of an annotated tag.
type cloudRef struct {
	Name   string      `json:"name"`
	Target cloudCommit `json:"target"`
}

// refs watches branches or tags. One of them is looked up by a query, in which
// a name may hold a slash.
func (c *Cloud) refs(one, many, path string, item func(name, sha string) forge.Item) *forge.Collection {
	list := func(ctx context.Context, q, at string) (forge.Page, error) {
		first := url.Values{"sort": {"name"}, "pagelen": {strconv.Itoa(transport.PageSize)}}
		if q != "" {
			first.Set("q", q)
		}
		query, err := cloudQuery(at, first)
		if err != nil {
			return forge.Page{}, err
		}
		return cloudList(ctx, c, listing{path, query}, func(r cloudRef) (forge.Item, error) { return item(r.Name, r.Target.Hash), nil })
	}
	return &forge.Collection{
		One: one, Many: many, Of: c.place, Visible: c.visible,
		Page: func(ctx context.Context, _ forge.Query, at string) (forge.Page, error) { return list(ctx, "", at) },
		Find: func(ctx context.Context, name string) (forge.Item, error) {
			return forge.FindIn(ctx, name, func(ctx context.Context, at string) (forge.Page, error) {
				return list(ctx, "name = "+strconv.Quote(name), at)
			})
		},
	}
}
