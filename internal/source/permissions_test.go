package source_test

import (
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

// Who adds a forge, or something that one can be told, meets this test.
func TestEveryPermissionIsNamed(t *testing.T) {
	for name, start := range forges {
		f := start(t)
		repository, err := source.Repository(configOf(f, f.Type, forge.Token))
		if err != nil {
			t.Fatal(err)
		}
		_, comments := repository.(repo.Comments)
		_, statuses := repository.(repo.Statuses)
		_, deployments := repository.(repo.Deployments)
		_, dashboards := repository.(repo.Dashboards)
		for told, can := range map[source.Told]bool{
			source.Comment: comments, source.Status: statuses, source.Deployment: deployments, source.Dashboard: dashboards,
		} {
			permission := source.Permission(f.Type, told)
			if can != (permission != "") {
				t.Errorf("%s can be told by a %s: %t; the permission is %q", name, told, can, permission)
			}
		}
	}
}
