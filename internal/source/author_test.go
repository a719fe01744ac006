package source_test

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestAnAuthorOfAzureDevOpsIsFilteredByTheNameThatNobodyChooses(t *testing.T) {
	f := forge.NewAzureDevOps(t)
	f.Open(forge.Request{Author: "grace"})
	items := list(t, openWith(t, configOf(f, f.Type, forge.Token)))
	if len(items) != 1 || items[0].Author != "grace" || items[0].WrittenBy() != "grace@example.com" {
		t.Errorf("listed %+v", items)
	}
	if name := (source.Item{Author: "ada"}).WrittenBy(); name != "ada" {
		t.Errorf("elsewhere the author is %q", name)
	}
}
