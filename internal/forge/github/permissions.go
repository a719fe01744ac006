package github

import (
	"context"
	"errors"
	"net/url"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Permission implements forge.Permissions. A role of an organisation's own making
// counts as the one that it is based on. What GitHub says of an author beside a comment
// is something else: a member need not be allowed to write, and a private one is called
// a contributor.
//
// https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
func (g *Repository) Permission(ctx context.Context, who forge.Person) (forge.Permission, error) {
	found, _, err := g.client.Repositories.GetPermissionLevel(ctx, g.owner, g.name, url.PathEscape(who.Login))
	if errors.Is(err, transport.ErrNotFound) {
		return forge.NoPermission, nil
	}
	if err != nil {
		return forge.NoPermission, g.place.Unasked(who, err)
	}
	if !who.IsAccount(forge.Account(found.GetUser().GetID())) {
		return forge.NoPermission, nil
	}
	switch found.GetRoleName() {
	case "maintain":
		return forge.MayMaintain, nil
	case "triage":
		return forge.MayRead, nil
	}
	switch found.GetPermission() {
	case "admin":
		return forge.MayAdminister, nil
	case "write":
		return forge.MayWrite, nil
	case "read":
		return forge.MayRead, nil
	default:
		return forge.NoPermission, nil
	}
}

// IsMember implements forge.Teams.
//
// https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
func (g *Repository) IsMember(ctx context.Context, team string, who forge.Person) (bool, error) {
	organisation, slug := forge.TeamOf(team)
	found, _, err := g.client.Teams.GetTeamMembershipBySlug(ctx, organisation, url.PathEscape(slug), url.PathEscape(who.Login))
	if errors.Is(err, transport.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, g.place.Unasked(who, err)
	}
	return found.GetState() == "active", nil
}
