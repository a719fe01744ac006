package bitbucket_test

import (
	"context"
	"net/http"
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
