package forge

import (
	"encoding/json"
	"net/http"
)

// gitHubTales are comments, statuses and deployments.
//
// https://docs.github.com/en/rest/issues/comments
// https://docs.github.com/en/rest/commits/statuses
// https://docs.github.com/en/rest/deployments
func gitHubTales(c *contract) []tale {
	const at = "/repos/{owner}/{repo}"
	like := c.sample(http.MethodGet, at+"/issues/{issue_number}/comments", "comments")
	user := like.part("user")
	tell := func(_ *Forge, one Comment) any {
		return like.with(map[string]any{"id": one.ID, "body": one.Text, "user": gitHubUser(user, one.Author), "created_at": one.At, "updated_at": one.changed()})
	}
	status := c.sample(http.MethodPost, at+"/statuses/{sha}", "status")
	return append([]tale{
		{http.MethodGet, "/issues/*/comments", on(listed(tell))},
		{http.MethodPost, "/issues/*/comments", on(said("body", tell))},
		{http.MethodPatch, "/issues/comments/*", about(0, resaid("body", tell))},
		{http.MethodDelete, "/issues/comments/*", about(0, unsaid(http.StatusNoContent))},
		{http.MethodPost, "/statuses/*", func(f *Forge, t telling) (int, any) {
			one := CommitStatus{SHA: t.parts[0], Name: t.text("context"), State: t.text("state"), Description: t.text("description"), URL: t.text("target_url")}
			if len([]rune(one.Description)) > 140 {
				return http.StatusUnprocessableEntity, "description is too long (maximum is 140 characters)"
			}
			f.told.statuses = append(f.told.statuses, one)
			return http.StatusCreated, status.with(map[string]any{"id": f.give(), "state": one.State, "context": one.Name, "description": one.Description})
		}},
	}, gitHubDeployments(c)...)
}

func gitHubDeployments(c *contract) []tale {
	const at = "/repos/{owner}/{repo}/deployments"
	like, became := c.sample(http.MethodPost, at, "deployment"), c.sample(http.MethodPost, at+"/{deployment_id}/statuses", "deploymentstatus")
	tell := func(one *ToldDeployment) any {
		return like.with(map[string]any{"id": one.ID, "sha": one.SHA, "ref": one.SHA, "environment": one.Environment, "payload": one.Payload})
	}
	return []tale{
		{http.MethodGet, "/deployments", func(f *Forge, t telling) (int, any) {
			all, asked := []any{}, t.r.URL.Query()
			for _, one := range f.told.deployments {
				if one.SHA == asked.Get("sha") && one.Environment == asked.Get("environment") {
					all = append(all, tell(one))
				}
			}
			return http.StatusOK, f.paged(t.w, t.r, all)
		}},
		{http.MethodPost, "/deployments", func(f *Forge, t telling) (int, any) {
			waits, known := t.body["required_contexts"].([]any)
			if !known || len(waits) > 0 || t.body["auto_merge"] != false {
				return http.StatusConflict, "Commit status checks failed for " + t.text("ref")
			}
			payload, err := json.Marshal(t.body["payload"])
			if err != nil {
				return http.StatusUnprocessableEntity, err.Error()
			}
			one := &ToldDeployment{ID: f.give(), SHA: t.text("ref"), Environment: t.text("environment"), Payload: payload}
			f.told.deployments = append(f.told.deployments, one)
			return http.StatusCreated, tell(one)
		}},
		{http.MethodPost, "/deployments/*/statuses", func(f *Forge, t telling) (int, any) {
			for _, one := range f.told.deployments {
				if one.ID == t.number(0) {
					one.States, one.URL = append(one.States, t.text("state")), t.text("environment_url")
					return http.StatusCreated, became.with(map[string]any{"id": f.give(), "state": t.text("state"), "environment": one.Environment})
				}
			}
			return http.StatusNotFound, "Not Found"
		}},
	}
}
