package bitbucket

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// buildStates are what a build may come to.
var buildStates = map[string]forge.CheckState{
	"SUCCESSFUL": forge.CheckSuccess, "FAILED": forge.CheckFailed, "STOPPED": forge.CheckFailed, "CANCELLED": forge.CheckFailed,
}

// check reads a build, which goes by its name and by its key.
func (b build) check(list string) forge.Check {
	return forge.Check{
		ID: list + b.Key, Name: cmp.Or(b.Name, b.Key), Other: b.Key,
		State: forge.CheckStateOf(b.State, buildStates), Said: b.State,
	}
}

// Checks implements forge.Checks: the statuses of builds of the commit.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/#api-repositories-workspace-repo-slug-commit-commit-statuses-get
func (c *Cloud) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	return c.place.ReadChecks(ctx, item, wanted, func(ctx context.Context, at string) (forge.CheckPage, error) {
		query, err := cloudQuery(at, url.Values{"pagelen": {strconv.Itoa(transport.PageSize)}})
		if err != nil {
			return forge.CheckPage{}, err
		}
		var answer cloudPage[struct {
			build
			Updated time.Time `json:"updated_on"`
		}]
		if err := c.client.get(ctx, c.api+"/commit/"+url.PathEscape(item.SHA)+"/statuses", query, &answer); err != nil {
			return forge.CheckPage{}, err
		}
		if answer.Values == nil {
			return forge.CheckPage{}, transport.ErrNotAList
		}
		_, next, _ := strings.Cut(answer.Next, "?")
		out := forge.CheckPage{Next: next, Total: answer.Size}
		for _, one := range answer.Values {
			check := one.check("")
			check.Order = one.Updated.UnixMilli()
			out.Items = append(out.Items, check)
		}
		return out, nil
	})
}

// Checks implements forge.Checks: the builds of the commit in this repository whose keys
// are wanted, and where one is not there all those that the server knows of the commit.
// Servers before 7.14 know the latter alone.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/#api-api-latest-projects-projectkey-repos-repositoryslug-commits-commitid-builds-get
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/#api-build-status-latest-commits-commitid-get
func (s *Server) Checks(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error) {
	return s.place.ReadChecks(ctx, item, wanted,
		func(ctx context.Context, _ string) (forge.CheckPage, error) { return s.buildsOf(ctx, item.SHA, wanted) },
		func(ctx context.Context, at string) (forge.CheckPage, error) { return s.allBuilds(ctx, item.SHA, at) })
}

// buildsOf are the builds with the wanted keys.
func (s *Server) buildsOf(ctx context.Context, sha string, keys forge.Names) (forge.CheckPage, error) {
	var out forge.CheckPage
	for _, key := range keys {
		if strings.HasSuffix(key, "*") {
			continue
		}
		var found build
		err := s.client.get(ctx, s.api+"/commits/"+url.PathEscape(sha)+"/builds", url.Values{"key": {key}}, &found)
		switch {
		case errors.Is(err, transport.ErrNotFound):
			continue
		case err != nil:
			return forge.CheckPage{}, err
		case found.Key != key:
			return forge.CheckPage{}, transport.ErrNotAList
		}
		out.Items = append(out.Items, found.check("here "))
	}
	return out, nil
}

// allBuilds reads a page of all builds of a commit, the newest first.
func (s *Server) allBuilds(ctx context.Context, sha, at string) (forge.CheckPage, error) {
	server, _, _ := strings.Cut(s.api, "/rest/api/")
	query := start(at)
	query.Set("limit", strconv.Itoa(transport.PageSize))
	var answer serverPage[build]
	if err := s.client.get(ctx, server+"/rest/build-status/1.0/commits/"+url.PathEscape(sha), query, &answer); err != nil {
		return forge.CheckPage{}, err
	}
	next, err := answer.next()
	if err != nil {
		return forge.CheckPage{}, err
	}
	out := forge.CheckPage{Next: next}
	for _, one := range answer.Values {
		out.Items = append(out.Items, one.check("all "))
	}
	return out, nil
}
