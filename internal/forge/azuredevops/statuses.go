package azuredevops

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// maxDescription is how much of a description is told, in letters.
const maxDescription = 200

// status is what is said of a commit.
type status struct {
	State       string `json:"state"`
	Description string `json:"description"`
	TargetURL   string `json:"targetUrl,omitempty"`
	// Iteration is the push that it is about. A policy does not take it for what is
	// pushed next.
	Iteration int `json:"iterationId,omitempty"`
	Context   struct {
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
	ofPush := said
	if ofPush.Iteration, err = a.iterationOf(ctx, s.Request, s.SHA); err != nil {
		return err
	}
	if err := a.tell(ctx, telling{http.MethodPost, "/pullRequests/" + s.Request + "/statuses", ofPush}, nil); err != nil || s.State == forge.Over || s.Fork {
		return err
	}
	return a.tell(ctx, telling{http.MethodPost, "/commits/" + s.SHA + "/statuses", said}, nil)
}

// iterationOf is the number of the newest push of a commit to a request; 0 where there is
// none, or where a token that may set the status may not read them.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iterations/list
func (a *Repository) iterationOf(ctx context.Context, request, sha string) (int, error) {
	var iterations list[iteration]
	_, err := a.get(ctx, "/pullrequests/"+request+"/iterations", nil, &iterations)
	if errors.Is(err, transport.ErrForbidden) || errors.Is(err, transport.ErrUnauthorized) {
		return 0, nil
	}
	newest := 0
	for _, one := range iterations.Value {
		if one.SourceCommit.ID == sha {
			newest = max(newest, one.ID)
		}
	}
	return newest, err
}
