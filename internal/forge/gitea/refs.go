package gitea

import (
	"context"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Branches implements forge.Repository.
func (g *Repository) Branches() *forge.Collection {
	return &forge.Collection{
		One: "branch", Many: "branches", Of: g.place,
		Page: g.branchesPage, Find: g.branch, Visible: g.visible,
	}
}

func (g *Repository) branchesPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	client, err := g.client(ctx)
	if err != nil {
		return forge.Page{}, err
	}
	options := gitea.ListRepoBranchesOptions{ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize}}
	branches, resp, err := client.ListRepoBranches(g.owner, g.name, options)
	return pageOf(branches, resp, err, branchOf)
}

func (g *Repository) branch(ctx context.Context, name string) (forge.Item, error) {
	client, err := g.client(ctx)
	if err != nil {
		return forge.Item{}, err
	}
	branch, _, err := client.GetRepoBranch(g.owner, g.name, name)
	if err != nil {
		return forge.Item{}, err
	}
	return branchOf(branch)
}

func branchOf(b *gitea.Branch) (forge.Item, error) {
	return forge.BranchItem(b.Name, forge.Value(b.Commit).ID), nil
}

// Tags implements forge.Repository.
func (g *Repository) Tags() *forge.Collection {
	return &forge.Collection{
		One: "tag", Many: "tags", Of: g.place,
		Page: g.tagsPage, Find: g.tag, Visible: g.visible,
	}
}

func (g *Repository) tagsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	client, err := g.client(ctx)
	if err != nil {
		return forge.Page{}, err
	}
	options := gitea.ListRepoTagsOptions{ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize}}
	tags, resp, err := client.ListRepoTags(g.owner, g.name, options)
	return pageOf(tags, resp, err, tagOf)
}

func (g *Repository) tag(ctx context.Context, name string) (forge.Item, error) {
	client, err := g.client(ctx)
	if err != nil {
		return forge.Item{}, err
	}
	tag, _, err := client.GetTag(g.owner, g.name, name)
	if err != nil {
		return forge.Item{}, err
	}
	return tagOf(tag)
}

// tagOf tells the commit, where id may be an annotation.
func tagOf(t *gitea.Tag) (forge.Item, error) {
	return forge.TagItem(t.Name, forge.Value(t.Commit).SHA), nil
}
