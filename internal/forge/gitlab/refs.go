package gitlab

import (
	"context"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Branches implements forge.Repository.
func (g *Project) Branches() *forge.Collection {
	return &forge.Collection{
		One: "branch", Many: "branches", Of: g.place,
		Page: g.branchesPage, Find: g.branch, Visible: g.visible,
	}
}

func (g *Project) branchesPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	options := &gitlab.ListBranchesOptions{ListOptions: pageAt(at)}
	branches, resp, err := g.client.Branches.ListBranches(g.path, options, gitlab.WithContext(ctx))
	return pageOf(branches, resp, err, branchOf)
}

func (g *Project) branch(ctx context.Context, name string) (forge.Item, error) {
	branch, _, err := g.client.Branches.GetBranch(g.path, name, gitlab.WithContext(ctx))
	if err != nil {
		return forge.Item{}, err
	}
	return branchOf(branch)
}

func branchOf(b *gitlab.Branch) (forge.Item, error) {
	return forge.BranchItem(b.Name, forge.Value(b.Commit).ID), nil
}

// Tags implements forge.Repository.
func (g *Project) Tags() *forge.Collection {
	return &forge.Collection{
		One: "tag", Many: "tags", Of: g.place,
		Page: g.tagsPage, Find: g.tag, Visible: g.visible,
	}
}

func (g *Project) tagsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	options := &gitlab.ListTagsOptions{
		ListOptions: pageAt(at), OrderBy: gitlab.Ptr("name"), Sort: gitlab.Ptr("asc"),
	}
	tags, resp, err := g.client.Tags.ListTags(g.path, options, gitlab.WithContext(ctx))
	return pageOf(tags, resp, err, tagOf)
}

func (g *Project) tag(ctx context.Context, name string) (forge.Item, error) {
	tag, _, err := g.client.Tags.GetTag(g.path, name, gitlab.WithContext(ctx))
	if err != nil {
		return forge.Item{}, err
	}
	return tagOf(tag)
}

// tagOf tells the commit, where target may be an annotation.
func tagOf(t *gitlab.Tag) (forge.Item, error) {
	return forge.TagItem(t.Name, forge.Value(t.Commit).ID), nil
}
