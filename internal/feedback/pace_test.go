package feedback

import (
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestNewsAreToldAtOnceAndDetailsEveryTwentySeconds(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Status: v1.FeatureDisabled})
	for n, step := range []struct {
		is    state
		edits int
	}{
		{state{id: "1", sha: sha(1), ready: "False", message: "first"}, 0},
		{state{id: "1", sha: sha(1), ready: "False", message: "second"}, 0},
		{state{id: "1", sha: sha(1), ready: "False", message: "third"}, 0},
		{state{id: "1", sha: sha(1), ready: "True"}, 1},
		{state{id: "1", sha: sha(2), ready: "False", message: "fourth"}, 2},
		{state{id: "1", sha: sha(2), ready: "False", message: "fifth"}, 2},
	} {
		b.is("api", step.is)
		b.run("api")
		if all := b.f.Comments(1); len(all) != 1 || all[0].Edits != step.edits {
			t.Errorf("after %d changes there are %+v, want %d edits", n+1, all, step.edits)
		}
	}
	if b.result.RequeueAfter <= 0 || b.result.RequeueAfter > perRequest {
		t.Errorf("it is told after %s", b.result.RequeueAfter)
	}
	b.settle("api", time.Minute)
	if all := b.f.Comments(1); all[0].Edits != 3 || !strings.Contains(all[0].Text, "fifth") {
		t.Errorf("in the end there are %+v", all)
	}
}

func TestOnlyWhatIsListedCausesSomethingToBeTold(t *testing.T) {
	classes := map[string]state{
		v1.FeedbackProgress: {id: "1", sha: sha(1), ready: "Unknown"},
		v1.FeedbackReady:    {id: "1", sha: sha(1), ready: "True", url: previewURL},
		v1.FeedbackFailed:   {id: "1", sha: sha(1), ready: "False", message: "broken"},
	}
	for listed := range classes {
		for is, state := range classes {
			b := newBench(t, forge.NewGitHub(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{When: []string{listed}, Deployment: v1.FeatureEnabled})
			b.is("api", state)
			b.settle("api", time.Minute)
			told := fmt.Sprint(len(b.f.Comments(1)), len(b.f.Statuses(sha(1))), len(b.f.Deployments()))
			if want := map[bool]string{true: "1 1 1", false: "0 0 0"}[listed == is]; told != want {
				t.Errorf("with %s listed, of one that is %s is told %s, want %s", listed, is, told, want)
			}
		}
	}
}

func TestAProcessThatEndsAndBeginsAnewStaysWithinTheLimits(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled})
	var first, second []state
	for n := range 30 {
		id := fmt.Sprint(b.f.Open(forge.Request{}))
		first = append(first, state{id: id, sha: sha(n + 1), ready: "True", url: previewURL})
		second = append(second, state{id: id, sha: sha(n + 101), ready: "True", url: previewURL})
	}
	b.is("api", first[:11]...)
	b.run("api")
	for range 3 {
		b.restart()
		b.is("api", append(second[:11:11], first[11:]...)...)
		b.run("api")
	}
	const most = 80 // of GitHub
	if told := len(b.f.Writes()); told > most {
		t.Errorf("it was told %d times in a few seconds", told)
	}
	b.settle("api", 2*time.Hour)
	for n := range 30 {
		if all := b.f.Comments(n + 1); len(all) != 1 {
			t.Errorf("request %d has %d comments", n+1, len(all))
		}
	}
}
