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

func TestAnAuthorOfBitbucketCloudIsFilteredByTheAccount(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	f.Open(forge.Request{Author: "grace"})
	items := list(t, open(t, f, forge.Token))
	if len(items) != 1 || items[0].Author != "grace" || items[0].WrittenBy() != forge.AccountID("grace") {
		t.Errorf("listed %+v", items)
	}
	for author, want := range map[string]string{
		`{"nickname": "grace", "uuid": "{d301aafa}"}`:                           "{d301aafa}",
		`{"nickname": "grace", "account_id": "557058:1", "uuid": "{d301aafa}"}`: "557058:1",
		`{"nickname": "grace"}`:                                                 "\x00", // a nickname says nothing
	} {
		f.Break(forge.Body("application/json", `{"id": 1, "state": "OPEN", "source": {"commit": {"hash": "`+commit+`"}}, "author": `+author+`}`))
		if item, err := open(t, f, forge.Token).Lookup(t.Context(), "1"); err != nil || item.WrittenBy() != want {
			t.Errorf("%s is %q, %v", author, item.WrittenBy(), err)
		}
	}
}

func TestAnAuthorOfCodeCommitIsFilteredByTheRoleAndNotByTheSession(t *testing.T) {
	f := forge.NewCodeCommit(t)
	f.Open(forge.Request{Author: "grace"})
	items := list(t, open(t, f, forge.Token))
	if len(items) != 1 || items[0].Author != "grace" || items[0].WrittenBy() != "arn:aws:sts::111122223333:assumed-role/developer" {
		t.Errorf("listed %+v", items)
	}
}
