package gitlab

import (
	"context"
	"errors"
	"regexp"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/transport"
)

// path is the path of a project, as GitLab lets it be called.
var path = regexp.MustCompile(`^[A-Za-z0-9_.+-]+(/[A-Za-z0-9_.+-]+)+$`)

// told says what was tried to tell a request, where it failed. By the old name of a
// project GitLab answers, and takes nothing.
func (g *Project) told(ctx context.Context, what, request string, err error) error {
	var said *transport.Error
	if errors.As(err, &said) && strings.Contains(said.What, "moved projects") {
		err = g.moved(ctx, said)
	}
	return g.place.Told(what, request, err)
}

// moved adds the name that the project has now, where GitLab tells.
func (g *Project) moved(ctx context.Context, said *transport.Error) error {
	what := said.What
	project, _, err := g.client.Projects.GetProject(g.path, nil, gitlab.WithContext(ctx))
	if err == nil && path.MatchString(project.PathWithNamespace) {
		what += ", as it is " + g.place.Base + "/" + project.PathWithNamespace + " now"
	}
	return &transport.Error{What: what, Kind: transport.ErrMoved}
}
