package gitlab

import (
	"context"
	"errors"
	"strconv"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Permission implements forge.Permissions, by what somebody is in the project or in a
// group that it is in.
//
// https://docs.gitlab.com/api/project_members/#get-a-member-of-a-project-including-inherited-and-invited-members
func (g *Project) Permission(ctx context.Context, who forge.Person) (forge.Permission, error) {
	id, err := strconv.ParseInt(who.ID, 10, 64)
	if err != nil {
		return forge.NoPermission, nil //nolint:nilerr // GitLab does not say who it is
	}
	member, _, err := g.client.ProjectMembers.GetInheritedProjectMember(g.path, id, gitlab.WithContext(ctx))
	switch {
	case errors.Is(err, transport.ErrNotFound):
		return forge.NoPermission, nil
	case err != nil:
		return forge.NoPermission, g.place.Unasked(who, err)
	case member.State != "active":
		return forge.NoPermission, nil
	case member.AccessLevel >= gitlab.OwnerPermissions:
		return forge.MayAdminister, nil
	case member.AccessLevel >= gitlab.MaintainerPermissions:
		return forge.MayMaintain, nil
	case member.AccessLevel >= gitlab.DeveloperPermissions:
		return forge.MayWrite, nil
	default:
		return forge.MayRead, nil
	}
}

// IsMember implements forge.Teams: a team is a group.
//
// https://docs.gitlab.com/api/group_members/#get-a-member-of-a-group-including-inherited-and-invited-members
func (g *Project) IsMember(ctx context.Context, team string, who forge.Person) (bool, error) {
	id, err := strconv.ParseInt(who.ID, 10, 64)
	if err != nil {
		return false, nil //nolint:nilerr // GitLab does not say who it is
	}
	member, _, err := g.client.GroupMembers.GetInheritedGroupMember(team, id, gitlab.WithContext(ctx))
	if errors.Is(err, transport.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, g.place.Unasked(who, err)
	}
	return member.State == "active", nil
}
