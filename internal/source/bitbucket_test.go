package source_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

const commit = "6dcb09b5b57875f334f61aebed695e2e4193db5e"

func TestBitbucketCloudsCommitsAreTheWholeOnes(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	repository := open(t, f, forge.Token)
	f.Branch("feature/x", commit)
	f.Open(forge.Request{Branch: "feature/x", SHA: commit})
	if got := list(t, repository); got[0].SHA != commit {
		t.Errorf("alone it is %s", got[0].SHA)
	}
	for range 60 {
		f.Branch("other", commit)
		f.Open(forge.Request{Branch: "feature/x", SHA: commit})
	}
	fork := f.Open(forge.Request{Branch: "feature/x", SHA: strings.Repeat("f", 40), Fork: true})
	before := f.Asked()
	for _, item := range list(t, repository) {
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
	if got := lookup(t, repository, fork); got.SHA != strings.Repeat("f", 40) {
		t.Errorf("the fork is at %s", got.SHA)
	}
}

func TestACommitThatCannotBeToldFailsTheListing(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	f.Open(forge.Request{SHA: commit})
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/commits") && forge.Status(http.StatusBadGateway)(w, r)
	})
	if items, err := open(t, f, forge.Token).List(context.Background(), source.Query{}); err == nil {
		t.Errorf("listed %v", items)
	}
}

func TestAnAPITokenOfBitbucketCloudGoesWithItsAccount(t *testing.T) {
	f := forge.NewBitbucketCloud(t)
	f.Open(forge.Request{})
	repository, err := source.New(source.Config{
		Type: f.Type, URL: f.URL, Credentials: transport.Credentials{Username: forge.Mail, Password: forge.Token}, Proxy: f.Proxy, TLS: f.TLS,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, repository); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
}
