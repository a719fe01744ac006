package bitbucket_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/bitbucket"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

// A Data Center takes a change of the newest version alone.
func TestACommentThatWasChangedMeanwhileIsChangedAllTheSame(t *testing.T) {
	f := forge.NewBitbucketServer(t)
	f.Open(forge.Request{})
	comments := asking.Open(t, bitbucket.Open, asking.Config(f)).(repo.Comments)
	id, err := comments.Comment(context.Background(), "1", "once")
	if err != nil {
		t.Fatal(err)
	}
	meanwhile := 1
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || meanwhile == 0 {
			return false
		}
		meanwhile--
		return forge.Status(http.StatusConflict)(w, r)
	})
	if err := comments.Recomment(context.Background(), "1", repo.Comment{ID: id, Text: "twice"}); err != nil {
		t.Fatal(err)
	}
	if all := f.Comments(1); len(all) != 1 || all[0].Text != "twice" {
		t.Errorf("there are %+v", all)
	}
	meanwhile = 10
	if err := comments.Recomment(context.Background(), "1", repo.Comment{ID: id, Text: "thrice"}); err == nil {
		t.Error("it is changed for ever")
	}
}

// A key has 40 letters at most, and what has the same is one status.
func TestTheStatusesOfServicesWithLongNamesAreTheirOwn(t *testing.T) {
	for name, f := range map[string]*forge.Forge{"cloud": forge.NewBitbucketCloud(t), "server": forge.NewBitbucketServer(t)} {
		f.Open(forge.Request{})
		statuses := asking.Open(t, bitbucket.Open, asking.Config(f)).(repo.Statuses)
		long := "preview/" + strings.Repeat("a", 60)
		for _, service := range []string{long + "-api", long + "-web", long + "-api"} {
			if err := statuses.SetStatus(context.Background(), repo.Status{Request: "1", SHA: "c0ffee", Name: service, State: repo.Success}); err != nil {
				t.Fatal(err)
			}
		}
		all := f.Statuses("c0ffee")
		if len(all) != 3 || len(all[0].Key) > 40 || all[0].Key != all[2].Key || all[0].Key == all[1].Key || all[0].URL == "" {
			t.Errorf("%s: there are %+v", name, all)
		}
	}
}
