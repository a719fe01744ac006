package azuredevops

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
)

// maxDescription is how much of a description is told, in letters.
const maxDescription = 200

// status is what is said of a commit.
type status struct {
	State       string `json:"state"`
	Description string `json:"description"`
	TargetURL   string `json:"targetUrl,omitempty"`
	Context     struct {
		Genre string `json:"genre"`
		Name  string `json:"name"`
	} `json:"context"`
}

// SetStatus implements forge.Statuses: of the request, which its page shows and a
// policy may ask for, and of the commit.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-statuses/create
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses/create
func (a *Repository) SetStatus(ctx context.Context, s forge.Status) error {
	return a.place.Told("setting the status of", s.Request, a.setStatus(ctx, s))
}

func (a *Repository) setStatus(ctx context.Context, s forge.Status) error {
	if _, err := forge.Number(s.Request); err != nil {
		return err
	}
	state, err := s.State.In(map[forge.State]string{
		forge.Pending: "pending", forge.Success: "succeeded", forge.Failure: "failed", forge.Over: "notApplicable",
	})
	if err != nil {
		return err
	}
	said := status{State: state, Description: forge.Cut(s.Description, maxDescription), TargetURL: cmp.Or(s.URL, s.Page)}
	genre, name, _ := strings.Cut(s.Name, "/") // as the page puts them together
	said.Context.Genre, said.Context.Name = genre, name
	if err := a.tell(ctx, telling{http.MethodPost, "/pullRequests/" + s.Request + "/statuses", said}, nil); err != nil || s.State == forge.Over || s.Fork {
		return err
	}
	return a.tell(ctx, telling{http.MethodPost, "/commits/" + s.SHA + "/statuses", said}, nil)
}
