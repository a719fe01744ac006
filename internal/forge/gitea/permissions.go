package gitea

import (
	"context"
	"errors"
	"strings"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Permission implements forge.Permissions. The server tells it to administrators of
// the repository alone, and knows nobody between those who write and them.
//
// https://docs.gitea.com/api/ (repoGetRepoPermissions)
func (g *Repository) Permission(ctx context.Context, who forge.Person) (forge.Permission, error) {
	client, err := g.client(ctx)
	if err != nil {
		return forge.NoPermission, err
	}
	found, _, err := client.CollaboratorPermission(g.owner, g.name, who.Login)
	if errors.Is(err, transport.ErrNotFound) {
		return forge.NoPermission, nil
	}
	if err != nil {
		return forge.NoPermission, g.place.Unasked(who, err)
	}
	if found.User != nil && !who.IsAccount(forge.Account(found.User.ID)) {
		return forge.NoPermission, nil
	}
	switch found.Permission {
	case gitea.AccessModeOwner, gitea.AccessModeAdmin:
		return forge.MayAdminister, nil
	case gitea.AccessModeWrite:
		return forge.MayWrite, nil
	case gitea.AccessModeRead:
		return forge.MayRead, nil
	default:
		return forge.NoPermission, nil
	}
}

// IsMember implements forge.Teams.
//
// https://docs.gitea.com/api/ (orgListTeams, orgListTeamMember)
func (g *Repository) IsMember(ctx context.Context, team string, who forge.Person) (bool, error) {
	is, err := g.isMember(ctx, team, who)
	return is, g.place.Unasked(who, err)
}

func (g *Repository) isMember(ctx context.Context, team string, who forge.Person) (bool, error) {
	organisation, name := forge.TeamOf(team)
	client, err := g.client(ctx)
	if err != nil {
		return false, err
	}
	teams, err := transport.All(ctx, func(_ context.Context, at string) (forge.Page, error) {
		found, resp, err := client.ListOrgTeams(organisation, gitea.ListTeamsOptions{
			ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize},
		})
		return pageOf(found, resp, err, func(t *gitea.Team) (forge.Item, error) {
			return forge.Item{Name: t.Name, ID: transport.Cursor(t.ID)}, nil
		})
	})
	if err != nil {
		return false, err
	}
	for _, one := range teams {
		if !strings.EqualFold(one.Name, name) {
			continue
		}
		id, err := forge.Number(one.ID)
		if err != nil {
			return false, err
		}
		member, _, err := client.GetTeamMember(id, who.Login)
		if errors.Is(err, transport.ErrNotFound) {
			return false, nil
		}
		return err == nil && (member == nil || who.IsAccount(forge.Account(member.ID))), err
	}
	return false, nil
}
