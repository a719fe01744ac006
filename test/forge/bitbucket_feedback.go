package forge

import (
	"net/http"
	"slices"
	"strconv"
)

// cloudTales are comments and the statuses of builds.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
func cloudTales() []tale {
	tell := func(_ *Forge, one Comment) any {
		return map[string]any{
			"type": "pullrequest_comment", "id": one.ID, "deleted": false,
			"content": map[string]any{"type": "rendered", "raw": one.Text, "markup": "markdown", "html": ""}, "user": cloudUser(one.Author),
			"created_on": one.At, "updated_on": one.changed().Add(aMoment), // one after the other, as captured answers have them
		}
	}
	return []tale{
		{http.MethodGet, "/pullrequests/*/comments", on(listed(tell))},
		{http.MethodPost, "/pullrequests/*/comments", on(said("content.raw", tell))},
		{http.MethodPut, "/pullrequests/*/comments/*", about(1, resaid("content.raw", tell))},
		{http.MethodDelete, "/pullrequests/*/comments/*", about(1, unsaid(http.StatusNoContent))},
		{http.MethodPost, "/commit/*/statuses/build", built(http.StatusCreated)},
	}
}

// built sets the status of a build, which leads somewhere, under a key of 40 letters at
// most.
func built(code int) func(*Forge, telling) (int, any) {
	return func(f *Forge, t telling) (int, any) {
		one := CommitStatus{SHA: t.parts[0], Name: t.text("name"), State: t.text("state"), Description: t.text("description"), URL: t.text("url")}
		one.Key = t.text("key")
		if key := one.Key; key == "" || len(key) > 40 || one.URL == "" || !slices.Contains([]string{"INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED"}, one.State) {
			return http.StatusBadRequest, "url: This field is required."
		}
		f.told.statuses = append(f.told.statuses, one)
		if code == http.StatusNoContent {
			return code, nil
		}
		return code, map[string]any{"type": "build", "key": t.text("key"), "state": one.State, "name": one.Name, "url": one.URL}
	}
}

// serverTales are comments, which are listed among what happened, the newest first,
// and changed in the version that they are in, and the statuses of builds.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/
func serverTales() []tale {
	tell := func(_ *Forge, one Comment) any {
		return map[string]any{
			"id": one.ID, "version": one.Edits, "text": one.Text, "author": serverUser(one.Author),
			"createdDate": one.At.UnixMilli(), "updatedDate": one.changed().UnixMilli(),
		}
	}
	return []tale{
		{http.MethodGet, "/pull-requests/*/activities", on(func(f *Forge, t telling, number int) (int, any) {
			all := []any{map[string]any{"id": number, "action": "OPENED"}}
			for n, one := range f.happenedTo(number, pushed) {
				if n > 0 { // the first one opened it
					all = append(all, map[string]any{"id": 20_000 + one.id, "action": "RESCOPED", "fromHash": one.sha, "createdDate": one.at.UnixMilli()})
				}
			}
			for _, one := range f.commentsOn(number) {
				all = append(all, map[string]any{"id": 10_000 + one.ID, "action": "COMMENTED", "commentAction": "ADDED", "comment": tell(f, *one), "createdDate": one.At.UnixMilli()})
			}
			slices.Reverse(all)
			return http.StatusOK, f.paged(t.w, t.r, all)
		})},
		{http.MethodPost, "/pull-requests/*/comments", on(said("text", tell))},
		{http.MethodGet, "/pull-requests/*/comments/*", about(1, func(f *Forge, _ telling, one *Comment) (int, any) { return http.StatusOK, tell(f, *one) })},
		{http.MethodPut, "/pull-requests/*/comments/*", about(1, func(f *Forge, t telling, one *Comment) (int, any) {
			if version, _ := t.body["version"].(float64); int(version) != one.Edits {
				return http.StatusConflict, "The comment was changed meanwhile"
			}
			return resaid("text", tell)(f, t, one)
		})},
		{http.MethodDelete, "/pull-requests/*/comments/*", about(1, func(f *Forge, t telling, one *Comment) (int, any) {
			if t.r.URL.Query().Get("version") != strconv.Itoa(one.Edits) {
				return http.StatusConflict, "The comment was changed meanwhile"
			}
			return unsaid(http.StatusNoContent)(f, t, one)
		})},
		{http.MethodPost, "/commits/*/builds", built(http.StatusNoContent)},
	}
}
