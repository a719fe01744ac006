package github

import (
	"context"
	"strings"

	"github.com/google/go-github/v87/github"

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
	branches, resp, err := g.client.Repositories.ListBranches(ctx, g.owner, g.name, &github.BranchListOptions{
		ListOptions: github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize},
	})
	if err != nil {
		return forge.Page{}, err
	}
	return pageOf(branches, resp, at, func(b *github.Branch) (forge.Item, error) {
		return forge.BranchItem(b.GetName(), b.GetCommit().GetSHA()), nil
	})
}

// branch looks up the reference: the address of a branch that was renamed
// answers with its successor.
func (g *Repository) branch(ctx context.Context, name string) (forge.Item, error) {
	ref, _, err := g.client.Git.GetRef(ctx, g.owner, g.name, "heads/"+name)
	if err != nil {
		return forge.Item{}, err
	}
	return forge.BranchItem(strings.TrimPrefix(ref.GetRef(), "refs/heads/"), ref.GetObject().GetSHA()), nil
}

// Tags implements forge.Repository.
func (g *Repository) Tags() *forge.Collection {
	return &forge.Collection{
		One: "tag", Many: "tags", Of: g.place,
		Page: g.tagsPage, Find: g.tag, Visible: g.visible,
	}
}

func (g *Repository) tagsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	tags, resp, err := g.client.Repositories.ListTags(ctx, g.owner, g.name, &github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize})
	if err != nil {
		return forge.Page{}, err
	}
	return pageOf(tags, resp, at, func(t *github.RepositoryTag) (forge.Item, error) {
		return forge.TagItem(t.GetName(), t.GetCommit().GetSHA()), nil
	})
}

// tag looks up the reference and, where it is annotated, the commit behind the
// annotation, which a listing tells at once.
func (g *Repository) tag(ctx context.Context, name string) (forge.Item, error) {
	ref, _, err := g.client.Git.GetRef(ctx, g.owner, g.name, "tags/"+name)
	if err != nil {
		return forge.Item{}, err
	}
	object := ref.GetObject()
	for object.GetType() == "tag" {
		annotated, _, err := g.client.Git.GetTag(ctx, g.owner, g.name, object.GetSHA())
		if err != nil {
			return forge.Item{}, forge.InPart("its commit", err)
		}
		object = annotated.GetObject()
	}
	return forge.TagItem(strings.TrimPrefix(ref.GetRef(), "refs/tags/"), object.GetSHA()), nil
}
