package bitbucket_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/bitbucket"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

const commit = "6dcb09b5b57875f334f61aebed695e2e4193db5e"

func TestBitbucketCloudsCommitsAreTheWholeOnes(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	repository := asking.Open(t, bitbucket.Open, asking.Config(f)).Requests()
	f.Branch("feature/x", commit)
	f.Open(forge.Request{Branch: "feature/x", SHA: commit})
	if got := asking.List(t, repository); got[0].SHA != commit {
		t.Errorf("alone it is %s", got[0].SHA)
	}
	for range 60 {
		f.Branch("other", commit)
		f.Open(forge.Request{Branch: "feature/x", SHA: commit})
	}
	fork := f.Open(forge.Request{Branch: "feature/x", SHA: strings.Repeat("f", 40), Fork: true})
	before := f.Asked()
	for _, item := range asking.List(t, repository) {
		want := commit
		if item.ID == "62" {
			want = strings.Repeat("f", 40)
		}
		if item.SHA != want {
			t.Errorf("request %s is at %s", item.ID, item.SHA)
		}
	}
	if asked := f.Asked() - before; asked > 4 { // two pages of requests, one of branches, one commit
		t.Errorf("it took %d requests", asked)
	}
	if got := asking.Lookup(t, repository, fork); got.SHA != strings.Repeat("f", 40) {
		t.Errorf("the fork is at %s", got.SHA)
	}
}

func TestACommitThatCannotBeToldFailsTheListing(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	f.Open(forge.Request{SHA: commit})
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/commits") && forge.Status(http.StatusBadGateway)(w, r)
	})
	if items, err := asking.Open(t, bitbucket.Open, asking.Config(f)).Requests().List(context.Background(), repo.Query{}); err == nil {
		t.Errorf("listed %v", items)
	}
}

func TestAnAPITokenOfBitbucketCloudGoesWithItsAccount(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	f.Open(forge.Request{})
	repository, err := bitbucket.Open(repo.Config{Config: transport.Config{
		URL: f.URL, Credentials: transport.Credentials{Username: forge.Mail, Password: forge.Token}, Proxy: f.Proxy, TLS: f.TLS,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := asking.List(t, repository.Requests()); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
}

func TestAnAuthorOfBitbucketCloudIsFilteredByTheAccount(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	f.Open(forge.Request{Author: "grace"})
	items := asking.List(t, asking.Open(t, bitbucket.Open, asking.Config(f)).Requests())
	if len(items) != 1 || items[0].Author != "grace" || items[0].WrittenBy() != forge.AccountID("grace") {
		t.Errorf("listed %+v", items)
	}
	for author, want := range map[string]string{
		`{"nickname": "grace", "uuid": "{d301aafa}"}`:                           "{d301aafa}",
		`{"nickname": "grace", "account_id": "557058:1", "uuid": "{d301aafa}"}`: "557058:1",
		`{"nickname": "grace"}`:                                                 "\x00", // a nickname says nothing
	} {
		f.Break(forge.Body("application/json", `{"id": 1, "state": "OPEN", "source": {"commit": {"hash": "`+commit+`"}}, "author": `+author+`}`))
		if item, err := asking.Open(t, bitbucket.Open, asking.Config(f)).Requests().Lookup(t.Context(), "1"); err != nil || item.WrittenBy() != want {
			t.Errorf("%s is %q, %v", author, item.WrittenBy(), err)
		}
	}
}
