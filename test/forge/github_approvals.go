package forge

import (
	"net/http"
	"strings"
)

// gitHubApprovals are reviews, events of labels, and who may do what.
//
// https://docs.github.com/en/rest/pulls/reviews
// https://docs.github.com/en/rest/issues/events
// https://docs.github.com/en/rest/collaborators/collaborators
func gitHubApprovals(c *contract) []tale {
	const at = "/repos/{owner}/{repo}"
	like := c.sample(http.MethodGet, at+"/pulls/{pull_number}/reviews", "reviews")
	user := like.part("user")
	review := func(one Review) any {
		state := map[string]string{Approves: "APPROVED", Refuses: "CHANGES_REQUESTED", Looks: "COMMENTED"}[one.Verdict]
		if one.Dismissed {
			state = "DISMISSED"
		}
		return like.with(map[string]any{"id": one.ID, "state": state, "commit_id": one.SHA, "submitted_at": one.At, "user": gitHubUser(user, one.Author)})
	}
	happened := c.sample(http.MethodGet, at+"/issues/{issue_number}/events", "events")
	event := func(one happening) any {
		return happened.with(map[string]any{
			"id": one.id, "event": map[string]string{labelled: "labeled", unlabeled: "unlabeled"}[one.kind], "created_at": one.at,
			"actor": gitHubUser(user, one.by), "label": map[string]any{"name": one.label, "color": "f29513"},
		})
	}
	permission := c.sample(http.MethodGet, at+"/collaborators/{username}/permission", "permission")
	somebody := permission.part("user")
	return []tale{
		{http.MethodGet, "/pulls/*/reviews", listing(func(f *Forge, number int) []any { return each(f.reviewsOf(number), review) })},
		{http.MethodGet, "/issues/*/events", listing(func(f *Forge, number int) []any { return each(f.happenedTo(number, labelled, unlabeled), event) })},
		{http.MethodGet, "/collaborators/*/permission", func(f *Forge, t telling) (int, any) {
			author, role, known := f.called(t.parts[0])
			if !known {
				return http.StatusNotFound, "Not Found"
			}
			legacy := map[string]string{"maintain": "write", "triage": "read"}
			return http.StatusOK, permission.with(map[string]any{"role_name": role, "permission": or(legacy[role], role), "user": somebody.with(map[string]any{"id": Number(author), "login": loginOf(author), "role_name": role})})
		}},
	}
}

func gitHubUser(like sample, author string) map[string]any {
	kind := "User"
	if isBot(author) {
		kind = "Bot"
	}
	return like.with(map[string]any{"id": Number(author), "login": loginOf(author), "type": kind})
}

func each[T any](all []T, tell func(T) any) []any {
	out := []any{}
	for _, one := range all {
		out = append(out, tell(one))
	}
	return out
}

// gitHubBeside is what forks tell of their pushes, and who is in a team.
//
// https://docs.github.com/en/rest/repos/repos#list-repository-activities
// https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
func gitHubBeside(c *contract) []tale {
	like := c.sample(http.MethodGet, "/repos/{owner}/{repo}/activity", "activity")
	membership := c.sample(http.MethodGet, "/orgs/{org}/teams/{team_slug}/memberships/{username}", "membership")
	return []tale{
		{http.MethodGet, "/repos/*/api/activity", func(f *Forge, t telling) (int, any) {
			pushes := f.pushesTo(t.parts[0], strings.TrimPrefix(t.r.URL.Query().Get("ref"), "refs/heads/"))
			return http.StatusOK, f.paged(t.w, t.r, each(pushes, func(one happening) any {
				return like.with(map[string]any{
					"id": one.id, "after": one.sha, "ref": "refs/heads/" + one.branch, "timestamp": one.at, "activity_type": "push", "actor": nil,
				})
			}))
		}},
		{http.MethodGet, "/orgs/acme/teams/maintainers/memberships/*", func(f *Forge, t telling) (int, any) {
			return f.inTeam(t.parts[0], func(string) any { return membership.with(map[string]any{"state": "active", "role": "member"}) })
		}},
	}
}

// inTeam tells of who goes by a login and is in the team.
func (f *Forge) inTeam(login string, tell func(author string) any) (int, any) {
	for _, one := range f.told.team {
		if loginOf(one) == login {
			return http.StatusOK, tell(one)
		}
	}
	return http.StatusNotFound, "Not Found"
}
