package forge

import (
	"encoding/json"
	"net/http"
)

// giteaApprovals are reviews, the timeline, and who may do what.
//
// https://docs.gitea.com/api/ (repoListPullReviews, issueGetCommentsAndTimeline,
// repoGetRepoPermissions)
func giteaApprovals() []tale {
	review := func(one Review) any {
		return map[string]any{
			"id": one.ID, "state": map[string]string{Approves: "APPROVED", Refuses: "REQUEST_CHANGES", Looks: "COMMENT"}[one.Verdict],
			"commit_id": one.SHA, "submitted_at": one.At, "user": giteaUser(one.Author), "dismissed": one.Dismissed, "stale": false, "official": true,
		}
	}
	event := func(one happening) any {
		out := map[string]any{"id": one.id, "type": "label", "body": "", "created_at": one.at, "user": giteaUser(one.by)}
		switch one.kind {
		case pushed:
			body, _ := json.Marshal(map[string]any{"is_force_push": false, "commit_ids": []string{one.sha}}) // it is texts
			out["type"], out["body"] = "pull_push", string(body)
		case labelled:
			out["body"] = "1"
		}
		if one.label != "" {
			out["label"] = map[string]any{"id": 1, "name": one.label}
		}
		return out
	}
	return []tale{
		{http.MethodGet, "/pulls/*/reviews", listing(func(f *Forge, number int) []any { return each(f.reviewsOf(number), review) })},
		{http.MethodGet, "/issues/*/timeline", on(func(f *Forge, t telling, number int) (int, any) {
			page := f.paged(t.w, t.r, each(f.happenedTo(number, pushed, labelled, unlabeled), event))
			if all, is := page.([]any); is && len(all) == 0 { // as the server answers behind the last one
				return http.StatusOK, json.RawMessage("null")
			}
			return http.StatusOK, page
		})},
		{http.MethodGet, "/collaborators/*/permission", func(f *Forge, t telling) (int, any) {
			author, role, known := f.called(t.parts[0])
			if !known {
				return http.StatusNotFound, "Not Found"
			}
			if role == "maintain" { // there is no such
				role = "admin"
			}
			return http.StatusOK, map[string]any{"permission": role, "role_name": role, "user": giteaUser(author)}
		}},
	}
}

func giteaUser(author string) map[string]any {
	return map[string]any{"id": Number(author), "login": loginOf(author)}
}

// giteaBeside is what forks tell of their pushes, and who is in a team.
//
// https://docs.gitea.com/api/ (repoListActivityFeeds, orgListTeams, orgListTeamMember)
func giteaBeside() []tale {
	return []tale{
		{http.MethodGet, "/repos/*/api/activities/feeds", func(f *Forge, t telling) (int, any) {
			return http.StatusOK, f.paged(t.w, t.r, each(f.pushesTo(t.parts[0], ""), func(one happening) any {
				content, _ := json.Marshal(map[string]any{"HeadCommit": map[string]any{"Sha1": one.sha}}) // it is texts
				return map[string]any{"id": one.id, "op_type": "commit_repo", "ref_name": "refs/heads/" + one.branch, "created": one.at, "content": string(content)}
			}))
		}},
		{http.MethodGet, "/orgs/acme/teams", func(f *Forge, t telling) (int, any) {
			return http.StatusOK, f.paged(t.w, t.r, []any{map[string]any{"id": 3, "name": "Owners"}, map[string]any{"id": 4, "name": "maintainers"}})
		}},
		{http.MethodGet, "/teams/4/members/*", func(f *Forge, t telling) (int, any) {
			return f.inTeam(t.parts[0], func(author string) any { return giteaUser(author) })
		}},
	}
}
