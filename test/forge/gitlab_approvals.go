package forge

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

func gitLabUser(author string) map[string]any {
	return map[string]any{"id": Number(author), "username": loginOf(author), "name": "Ada Lovelace"}
}

// gitLabNotes are what people said, and what GitLab noted itself, in their order.
func gitLabNotes(f *Forge, number int) []any {
	note := func(id int, author, body string, system bool) map[string]any {
		return map[string]any{"id": id, "body": body, "author": gitLabUser(author), "system": system}
	}
	var all []map[string]any
	for _, one := range f.commentsOn(number) {
		told := note(one.ID, one.Author, one.Text, false)
		touched := time.Duration(len(one.Reactions)) * time.Second // each emoji changes the time of its note
		told["created_at"], told["updated_at"] = one.At, one.changed().Add(touched)
		all = append(all, told)
	}
	for _, one := range f.reviewsOf(number) {
		told := note(one.ID, one.Author, map[string]string{Approves: "approved this merge request", Refuses: "requested changes"}[one.Verdict], true)
		told["created_at"], told["updated_at"] = one.At, one.At
		all = append(all, told)
	}
	slices.SortFunc(all, func(a, b map[string]any) int { return a["id"].(int) - b["id"].(int) })
	return each(all, func(one map[string]any) any { return one })
}

// gitLabApprovals are approvals, versions, events of labels, and who may do what.
//
// https://docs.gitlab.com/api/merge_request_approvals/
// https://docs.gitlab.com/api/merge_requests/#get-merge-request-diff-versions
// https://docs.gitlab.com/api/resource_label_events/
// https://docs.gitlab.com/api/project_members/
func gitLabApprovals() []tale {
	return []tale{
		{http.MethodGet, "/merge_requests/*/approvals", on(func(f *Forge, _ telling, number int) (int, any) {
			by, seen := []any{}, map[string]bool{}
			for _, one := range f.reviewsOf(number) {
				if f.standing(number, one.Author) && !seen[one.Author] {
					by = append(by, map[string]any{"user": gitLabUser(one.Author)})
				}
				seen[one.Author] = true
			}
			return http.StatusOK, map[string]any{"iid": number, "approved": len(by) > 0, "approved_by": by}
		})},
		{http.MethodGet, "/merge_requests/*/versions", on(func(f *Forge, _ telling, number int) (int, any) {
			all := each(f.happenedTo(number, pushed), func(one happening) any {
				return map[string]any{"id": one.id, "head_commit_sha": one.sha, "created_at": one.at, "state": "collected"}
			})
			slices.Reverse(all)
			return http.StatusOK, all
		})},
		{http.MethodGet, "/merge_requests/*/resource_label_events", listing(func(f *Forge, number int) []any {
			return each(f.happenedTo(number, labelled, unlabeled), func(one happening) any {
				return map[string]any{
					"id": one.id, "action": map[string]string{labelled: "add", unlabeled: "remove"}[one.kind], "created_at": one.at,
					"user": gitLabUser(one.by), "label": map[string]any{"id": 1, "name": one.label},
				}
			})
		})},
		{http.MethodGet, "/members/all/*", func(f *Forge, t telling) (int, any) {
			for author, permission := range f.told.permits {
				if fmt.Sprint(Number(author)) == t.parts[0] {
					level := map[string]int{"read": 20, "write": 30, "maintain": 40, "admin": 50}[permission]
					return http.StatusOK, map[string]any{"id": Number(author), "username": loginOf(author), "state": "active", "access_level": level}
				}
			}
			return http.StatusNotFound, "404 Not found"
		}},
	}
}

// gitLabBeside is who is in a group.
//
// https://docs.gitlab.com/api/group_members/
func gitLabBeside() []tale {
	return []tale{{http.MethodGet, "/groups/*/members/all/*", func(f *Forge, t telling) (int, any) {
		for _, author := range f.told.team {
			if strings.EqualFold(t.parts[0], "acme/maintainers") && fmt.Sprint(Number(author)) == t.parts[1] {
				return http.StatusOK, map[string]any{"id": Number(author), "username": loginOf(author), "state": "active", "access_level": 30}
			}
		}
		return http.StatusNotFound, "404 Not found"
	}}}
}
