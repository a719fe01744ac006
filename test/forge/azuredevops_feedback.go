package forge

import "net/http"

// azureTales are threads, of which all are listed at once, and statuses of requests and
// of commits.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-statuses
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses
func azureTales() []tale {
	comment := func(one Comment) map[string]any {
		return map[string]any{
			"id": 1, "content": one.Text, "commentType": "text", "author": azureIdentity(one.Author),
			"publishedDate": one.At, "lastContentUpdatedDate": one.changed(),
		}
	}
	thread := func(one Comment) map[string]any {
		return map[string]any{"id": one.ID, "status": "closed", "isDeleted": false, "comments": []any{comment(one)}}
	}
	return []tale{
		{http.MethodGet, "/pullRequests/*/threads", on(func(f *Forge, _ telling, number int) (int, any) {
			all := []any{}
			for _, one := range f.commentsOn(number) {
				all = append(all, thread(*one))
			}
			all = append(all, azureVotes(f, number)...)
			return http.StatusOK, map[string]any{"value": all, "count": len(all)}
		})},
		{http.MethodPost, "/pullRequests/*/threads", on(func(f *Forge, t telling, number int) (int, any) {
			all, _ := t.body["comments"].([]any)
			if len(all) != 1 {
				return http.StatusBadRequest, "a thread begins with a comment"
			}
			first, _ := all[0].(map[string]any)
			text, _ := first["content"].(string)
			one := f.say(number, me, text)
			one.Closed = t.text("status") == "closed"
			return http.StatusOK, thread(*one)
		})},
		{http.MethodPatch, "/pullRequests/*/threads/*/comments/1", about(1, resaid("content", func(_ *Forge, one Comment) any { return comment(one) }))},
		{http.MethodDelete, "/pullRequests/*/threads/*/comments/1", about(1, unsaid(http.StatusOK))},
		{http.MethodPost, "/pullRequests/*/statuses", on(func(f *Forge, t telling, number int) (int, any) {
			return azureStatus(f, t, f.requests[number-1].SHA)
		})},
		{http.MethodPost, "/commits/*/statuses", func(f *Forge, t telling) (int, any) {
			return azureStatus(f, t, t.parts[0])
		}},
	}
}

func azureStatus(f *Forge, t telling, sha string) (int, any) {
	one := CommitStatus{SHA: sha, Name: t.text("context.genre") + "/" + t.text("context.name"), State: t.text("state"), Description: t.text("description"), URL: t.text("targetUrl")}
	push, _ := t.body["iterationId"].(float64)
	one.Push = int(push)
	f.told.statuses = append(f.told.statuses, one)
	return http.StatusOK, map[string]any{"id": f.give(), "state": one.State, "description": one.Description, "targetUrl": one.URL, "context": t.body["context"]}
}
