package bitbucket

import (
	"context"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Branches implements forge.Repository.
func (s *Server) Branches() *forge.Collection {
	return s.refs("branch", "branches", "/branches", forge.BranchItem)
}

// Tags implements forge.Repository.
func (s *Server) Tags() *forge.Collection {
	return s.refs("tag", "tags", "/tags", forge.TagItem)
}

// refs watches branches or tags. One of them is looked for among those that
// have its name as a part of theirs.
func (s *Server) refs(one, many, path string, item func(name, sha string) forge.Item) *forge.Collection {
	list := func(ctx context.Context, text, at string) (forge.Page, error) {
		query := start(at)
		query.Set("orderBy", "ALPHABETICAL")
		if text != "" {
			query.Set("filterText", text)
		}
		return serverList(ctx, s, listing{path, query}, func(r serverRef) (forge.Item, error) { return item(r.DisplayID, r.LatestCommit), nil })
	}
	return &forge.Collection{
		One: one, Many: many, Of: s.place, Visible: s.visible,
		Page: func(ctx context.Context, _ forge.Query, at string) (forge.Page, error) { return list(ctx, "", at) },
		Find: func(ctx context.Context, name string) (forge.Item, error) {
			return forge.FindIn(ctx, name, func(ctx context.Context, at string) (forge.Page, error) { return list(ctx, name, at) })
		},
	}
}
