package azuredevops_test

import (
	"context"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/azuredevops"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// open opens the repository of a fake.
func open(t *testing.T, f *forge.Forge) repo.Repository {
	t.Helper()
	config := repo.Config{Config: transport.Config{
		URL: f.URL, Credentials: transport.Credentials{Username: "flux", Password: forge.Token}, Proxy: f.Proxy, TLS: f.TLS,
	}}
	opened, err := azuredevops.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func list(t *testing.T, things *repo.Collection) []repo.Item {
	t.Helper()
	items, err := things.List(context.Background(), repo.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestAnAuthorOfAzureDevOpsIsFilteredByTheNameThatNobodyChooses(t *testing.T) {
	f := forge.NewAzureDevOps(t)
	f.Open(forge.Request{Author: "grace"})
	items := list(t, open(t, f).Requests())
	if len(items) != 1 || items[0].Author != "grace" || items[0].WrittenBy() != "grace@example.com" {
		t.Errorf("listed %+v", items)
	}
	if name := (repo.Item{Author: "ada"}).WrittenBy(); name != "ada" {
		t.Errorf("elsewhere the author is %q", name)
	}
}

func TestARequestWhoseMergeIsNotComputedHasNoCommit(t *testing.T) {
	f := forge.NewAzureDevOps(t)
	f.Open(forge.Request{NoMerge: true})
	if items := list(t, open(t, f).Requests()); len(items) != 1 || items[0].SHA != "" {
		t.Errorf("listed %+v", items)
	}
}
