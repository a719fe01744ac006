package gitlab_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

func environments(t *testing.T) (*forge.Forge, *repo.Collection) {
	t.Helper()
	f := forge.NewGitLab(t)
	return f, open(t, f).Environments()
}

func TestAnEnvironmentIsToldWithWhatIsDeployedThere(t *testing.T) {
	f, repository := environments(t)
	n := f.Environment("review/add-x", "review-add-x-y1")
	f.Deploy(n, forge.Deployment{Ref: "add-x", SHA: "0a", Status: "success"})
	f.Deploy(n, forge.Deployment{Ref: "add-x", SHA: "1b", Status: "failed"})
	want := repo.Item{
		ID: fmt.Sprint(n), SHA: "0a", Branch: "add-x", Environment: "review/add-x", Title: "review/add-x",
		Slug: "review-add-x-y1", Author: "ada",
	}
	if got := asking.List(t, repository); len(got) != 1 || !equal(got[0], want) {
		t.Errorf("listed %+v", got)
	}
	if got := asking.Lookup(t, repository, n); !equal(got, want) {
		t.Errorf("looked up %+v", got)
	}
	f.Deploy(n, forge.Deployment{Ref: "add-x", SHA: "2c", Status: "running"})
	if got := asking.List(t, repository)[0]; got.SHA != "2c" {
		t.Errorf("while it is deployed: %+v", got)
	}
}

func TestAnEnvironmentEndsWhenItIsStoppedOrDeleted(t *testing.T) {
	f, repository := environments(t)
	n := f.Environment("review/x", "review-x")
	f.Deploy(n, forge.Deployment{Ref: "x", SHA: "0a", Status: "success"})
	f.ChangeEnvironment(n, func(e *forge.Environment) { e.State = "stopping" })
	if got := asking.Lookup(t, repository, n); got.Closed || got.SHA != "0a" {
		t.Errorf("while it is stopping: %+v", got)
	}
	f.ChangeEnvironment(n, func(e *forge.Environment) { e.State = "stopped" })
	if got := asking.List(t, repository); len(got) != 0 || !asking.Lookup(t, repository, n).Closed {
		t.Errorf("after it was stopped: %+v", got)
	}
	f.DeleteEnvironment(n)
	if _, err := repository.Lookup(context.Background(), fmt.Sprint(n)); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("after it was deleted: %v", err)
	}
}

func TestAnEnvironmentWithoutADeploymentHasNoCommit(t *testing.T) {
	f, repository := environments(t)
	n := f.Environment("review/x", "review-x")
	f.Deploy(n, forge.Deployment{Ref: "x", SHA: "0a", Status: "failed"})
	if got := asking.List(t, repository); len(got) != 1 || got[0].SHA != "" {
		t.Errorf("listed %+v", got)
	}
}

func TestDeploymentsThatCannotBeToldFailTheListing(t *testing.T) {
	f, repository := environments(t)
	n := f.Environment("review/x", "review-x")
	for _, fault := range []forge.Fault{forge.Status(http.StatusBadGateway), forge.Status(http.StatusNotFound), forge.Body("application/json", "{}")} {
		f.Break(func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/deployments") && fault(w, r)
		})
		if items, err := repository.List(context.Background(), repo.Query{}); err == nil {
			t.Errorf("listed %+v", items)
		}
		if _, err := repository.Lookup(context.Background(), fmt.Sprint(n)); err == nil || errors.Is(err, transport.ErrNotFound) {
			t.Errorf("looked up: %v", err)
		}
	}
}

func equal(a, b repo.Item) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }
