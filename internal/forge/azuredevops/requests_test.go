package azuredevops_test

import (
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/azuredevops"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestAnAuthorOfAzureDevOpsIsFilteredByTheNameThatNobodyChooses(t *testing.T) {
	f := forge.NewAzureDevOps(t)
	f.Open(forge.Request{Author: "grace"})
	items := asking.List(t, asking.Open(t, azuredevops.Open, asking.Config(f)).Requests())
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
	if items := asking.List(t, asking.Open(t, azuredevops.Open, asking.Config(f)).Requests()); len(items) != 1 || items[0].SHA != "" {
		t.Errorf("listed %+v", items)
	}
}
