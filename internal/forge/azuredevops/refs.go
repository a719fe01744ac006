package azuredevops

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Branches implements forge.Repository.
func (a *Repository) Branches() *forge.Collection {
	return a.refs("branch", "branches", below{"heads/", forge.BranchItem})
}

// Tags implements forge.Repository.
func (a *Repository) Tags() *forge.Collection {
	return a.refs("tag", "tags", below{"tags/", forge.TagItem})
}

// below are the references below a prefix.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/refs/list
type below struct {
	prefix string
	item   func(name, sha string) forge.Item
}

// ref is a branch or a tag.
type ref struct {
	Name     string `json:"name"`
	ObjectID string `json:"objectId"`
	// PeeledID is the commit behind an annotated tag.
	PeeledID string `json:"peeledObjectId"`
}

func (a *Repository) refs(one, many string, refs below) *forge.Collection {
	return &forge.Collection{
		One: one, Many: many, Of: a.place, Visible: a.visible,
		Page: func(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
			return a.refsPage(ctx, refs, "", at)
		},
		Find: func(ctx context.Context, name string) (forge.Item, error) {
			return forge.FindIn(ctx, name, func(ctx context.Context, at string) (forge.Page, error) {
				return a.refsPage(ctx, refs, name, at)
			})
		},
	}
}

// refsPage reads a page of the references whose names begin with a text.
func (a *Repository) refsPage(ctx context.Context, refs below, start, at string) (forge.Page, error) {
	query := url.Values{"filter": {refs.prefix + start}, "peelTags": {"true"}, "$top": {strconv.Itoa(transport.PageSize)}}
	if at != "" {
		query.Set("continuationToken", at)
	}
	var answer list[ref]
	next, err := a.get(ctx, "/refs", query, &answer)
	if err != nil {
		return forge.Page{}, err
	}
	items, err := answer.items(func(r ref) (forge.Item, error) {
		return refs.item(strings.TrimPrefix(r.Name, "refs/"+refs.prefix), cmp.Or(r.PeeledID, r.ObjectID)), nil
	})
	return forge.Page{Items: items, Next: next}, err
}
