package forge

import (
	"net/http"
	"slices"
	"time"
)

// cloudApprovals are what has happened to a request, the newest first.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
func cloudApprovals() []tale {
	return []tale{{http.MethodGet, "/pullrequests/*/activity", listing(func(f *Forge, number int) []any {
		type dated struct {
			at   time.Time
			told any
		}
		var all []dated
		for _, one := range f.happenedTo(number, pushed) {
			all = append(all, dated{one.at, map[string]any{"update": map[string]any{
				"date": one.at, "state": "OPEN", "source": map[string]any{"commit": map[string]any{"hash": one.sha[:min(len(one.sha), 12)]}},
			}}})
		}
		for _, one := range f.reviewsOf(number) {
			if one.Verdict == Approves {
				all = append(all, dated{one.At, map[string]any{"approval": map[string]any{"date": one.At, "user": cloudUser(one.Author)}}})
			}
		}
		slices.SortStableFunc(all, func(a, b dated) int { return b.at.Compare(a.at) })
		return each(all, func(one dated) any { return one.told })
	})}}
}

func cloudUser(author string) map[string]any {
	return map[string]any{"nickname": loginOf(author), "display_name": "Ada Lovelace", "account_id": AccountID(author), "type": "user"}
}

// cloudParticipants are those who take part in a request, as their approval stands.
func cloudParticipants(f *Forge, number int) []any {
	out, seen := []any{}, map[string]bool{}
	for _, one := range f.reviewsOf(number) {
		if !seen[one.Author] {
			out = append(out, map[string]any{"user": cloudUser(one.Author), "role": "REVIEWER", "approved": f.standing(number, one.Author)})
		}
		seen[one.Author] = true
	}
	return out
}

// serverApprovals are who takes part in a request, and who may do what.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/
func serverApprovals() []tale {
	return []tale{
		{http.MethodGet, "/pull-requests/*/participants", listing(func(f *Forge, number int) []any {
			newest := map[string]Review{}
			for _, one := range f.reviewsOf(number) {
				newest[one.Author] = one
			}
			out := []any{}
			for author, one := range newest {
				status := map[string]string{Approves: "APPROVED", Refuses: "NEEDS_WORK", Looks: "UNAPPROVED"}[one.Verdict]
				if one.Dismissed {
					status = "UNAPPROVED"
				}
				out = append(out, map[string]any{
					"user": serverUser(author), "role": "REVIEWER", "approved": status == "APPROVED", "status": status, "lastReviewedCommit": one.SHA,
				})
			}
			return out
		})},
		{http.MethodGet, "/permissions/users", func(f *Forge, t telling) (int, any) {
			all := []any{}
			for author, permission := range f.told.permits {
				if loginOf(author) == t.r.URL.Query().Get("filter") {
					role := map[string]string{"read": "REPO_READ", "write": "REPO_WRITE", "maintain": "REPO_WRITE", "admin": "REPO_ADMIN"}[permission]
					all = append(all, map[string]any{"user": serverUser(author), "permission": role})
				}
			}
			return http.StatusOK, f.paged(t.w, t.r, all)
		}},
	}
}

func serverUser(author string) map[string]any {
	return map[string]any{"id": Number(author), "name": loginOf(author), "displayName": "Ada Lovelace", "type": "NORMAL"}
}
