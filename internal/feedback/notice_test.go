package feedback

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// all is what may cause something to be written, and that people are notified.
var all = []string{v1.FeedbackProgress, v1.FeedbackReady, v1.FeedbackFailed, v1.FeedbackRemoved, v1.FeedbackNotifyFailure}

// notices are the comments on the first request by which people were notified.
func (b *bench) notices() []forge.Comment {
	var out []forge.Comment
	for _, one := range b.f.Comments(1) {
		if strings.Contains(one.Text, "eddy:notice") {
			out = append(out, one)
		}
	}
	return out
}

func TestPeopleAreNotifiedOnceOfEachPreviewThatWasReadyAndHasFailed(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{When: all})
	for n, step := range []struct {
		name  string
		is    []state
		said  int // in all, the comment that is kept true among them
		there int
	}{
		{"it fails at once", []state{{id: "1", sha: sha(1), ready: "False", message: "no image"}}, 1, 0},
		{"it is ready", []state{{id: "1", sha: sha(2), ready: "True"}}, 1, 0},
		{"a push is deployed", []state{{id: "1", sha: sha(3), ready: "Unknown"}}, 1, 0},
		{"and fails", []state{{id: "1", sha: sha(3), ready: "False", message: "@everyone no image"}}, 2, 1},
		{"of another reason", []state{{id: "1", sha: sha(3), ready: "False", message: "no disk"}}, 2, 1},
		{"the next push is deployed", []state{{id: "1", sha: sha(4), ready: "Unknown"}}, 2, 1},
		{"and fails as well", []state{{id: "1", sha: sha(4), ready: "False", message: "no image"}}, 2, 1},
		{"it is ready again", []state{{id: "1", sha: sha(5), ready: "True"}}, 2, 1},
		{"and fails by itself", []state{{id: "1", sha: sha(5), ready: "False", message: "it crashes"}}, 3, 1},
		{"the request is closed", nil, 3, 1},
		{"and opened again, and fails", []state{{id: "1", sha: sha(5), ready: "False", message: "it crashes"}}, 3, 1},
	} {
		b.is("api", step.is...)
		b.settle("api", time.Minute)
		if n%2 == 1 {
			b.restart()
			b.settle("api", time.Minute)
		}
		if said, there := b.f.Said(), b.notices(); said != step.said || len(there) != step.there {
			t.Errorf("%s: %d comments in all, want %d, and %d notices, want %d", step.name, said, step.said, len(there), step.there)
		}
	}
	if last := b.notices()[0].Text; !strings.Contains(last, "## Preview: failed after it was ready") || !strings.Contains(last, "it crashes") || !strings.Contains(last, "`0000000`") {
		t.Errorf("it says %s", last)
	}
	if cards := len(b.f.Comments(1)) - len(b.notices()); cards != 1 {
		t.Errorf("beside the notice there are %d comments", cards)
	}
}

func TestNobodyIsNotifiedUnlessThatIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		when   []string
		labels []string
	}{
		"by default":                {nil, nil},
		"of failures, by a comment": {[]string{v1.FeedbackReady, v1.FeedbackFailed}, nil},
		"with the label":            {all, []string{v1.NoCommentLabel}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, forge.NewGitea(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{When: c.when})
			for _, is := range []state{{id: "1", sha: sha(1), ready: "True", labels: c.labels}, {id: "1", sha: sha(1), ready: "False", labels: c.labels}, {id: "1", sha: sha(1), ready: "False", message: "later"}} {
				b.is("api", is)
				b.settle("api", time.Minute)
			}
			if len(b.notices()) != 0 {
				t.Errorf("there are %+v", b.notices())
			}
		})
	}
}

func TestTwoPreviewsThatFailTogetherAreInOneNotice(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{When: []string{v1.FeedbackNotifyFailure}})
	b.watch("web", v1.Feedback{})
	for _, ready := range []string{"True", "False"} {
		for _, service := range []string{"api", "web"} {
			b.is(service, state{id: "1", sha: sha(1), ready: "True", message: "broken"})
			if ready == "False" {
				b.is(service, state{id: "1", sha: sha(1), ready: "False", message: "broken"})
			}
		}
		b.settle("api", time.Hour)
	}
	if there := b.notices(); len(there) != 1 || b.f.Said() != 1 || !strings.Contains(there[0].Text, "## Previews: 2 failed after they were ready") {
		t.Errorf("there are %+v", b.f.Comments(1))
	}
	if len(b.f.Statuses(sha(1))) != 0 {
		t.Error("what is not in the list is told")
	}
}

func TestANoticeThatSomebodyQuotesStaysTheirs(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{When: all})
	fall := func(n int) {
		for _, ready := range []string{"True", "False"} {
			b.is("api", map[string]state{"True": {id: "1", sha: sha(n), ready: "True"}, "False": {id: "1", sha: sha(n), ready: "False"}}[ready])
			b.settle("api", time.Minute)
		}
	}
	fall(1)
	comments := b.f.Comments(1)
	for _, one := range comments {
		b.f.Say(1, "ada", "> "+strings.ReplaceAll(one.Text, "\n", "\n> ")+"\n\nWhat now?")
	}
	b.f.Uncomment(comments[0].ID)
	fall(2)
	theirs := 0
	for _, one := range b.f.Comments(1) {
		if one.Author == "ada" && one.Edits == 0 {
			theirs++
		}
	}
	if len(b.f.Comments(1)) != 4 || theirs != 2 {
		t.Errorf("there are %+v", b.f.Comments(1))
	}
}

// A process ends with the nth request of the story to the forge, whichever that is.
func TestWhereverAProcessEndsEachFallIsInOneNotice(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *forge.Forge{
		"Gitea": forge.NewGitea, "GitHub": forge.NewGitHub, "GitLab": forge.NewGitLab, "AzureDevOps": forge.NewAzureDevOps, "BitbucketServer": forge.NewBitbucketServer,
	} {
		t.Run(name, func(t *testing.T) {
			ends := 0
			for isEnded := true; isEnded; ends++ {
				isEnded = notifiesOnce(t, start(t), ends+1)
			}
			t.Logf("it ended %d times", ends-1)
		})
	}
}

func notifiesOnce(t *testing.T, f *forge.Forge, nth int) bool {
	t.Helper()
	b := newBench(t, f)
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{When: all, Status: v1.FeatureDisabled})
	dead, restarted := false, false
	b.Client = mortal{server.Client, &dead}
	b.f.Break(b.f.Lost(nth, &dead))
	for _, is := range []state{
		{id: "1", sha: sha(1), ready: "True"}, {id: "1", sha: sha(2), ready: "False", message: "first"},
		{id: "1", sha: sha(3), ready: "True"}, {id: "1", sha: sha(3), ready: "False", message: "second"},
	} {
		b.is("api", is)
		_, err := b.Reconcile(context.Background(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: "api-prs"}})
		if dead && !restarted {
			b.f.Mend()
			b.restart()
			restarted = true
		} else if err != nil {
			t.Fatal(err)
		}
		b.settle("api", time.Minute)
	}
	if there := b.notices(); b.f.Said() != 3 || len(there) != 1 || !strings.Contains(there[0].Text, "second") {
		t.Errorf("after an end at request %d: %d comments in all, and the notices %+v", nth, b.f.Said(), there)
	}
	return dead
}

func TestNoticesCountAmongWhatAForgeTakes(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.watch("api", v1.Feedback{When: all, Status: v1.FeatureDisabled})
	var ready, failed []state
	for n := range 70 {
		id := fmt.Sprint(b.f.Open(forge.Request{}))
		ready, failed = append(ready, state{id: id, sha: sha(1), ready: "True"}), append(failed, state{id: id, sha: sha(1), ready: "False", message: "broken"})
		_ = n
	}
	b.is("api", ready...)
	b.settle("api", 10*time.Minute)
	b.is("api", failed...)
	b.settle("api", 2*time.Hour)
	if b.f.Said() != 140 {
		t.Errorf("there were %d comments", b.f.Said())
	}
	writes := b.f.Writes()
	for n := perMinute; n < len(writes); n++ {
		if in := writes[n].Sub(writes[n-perMinute]); in < time.Minute {
			t.Fatalf("%d writes in %s", perMinute+1, in)
		}
	}
}

func TestAPreviewThatIsReadyAlreadyWhenThatIsAskedForIsWatched(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.run("api")
	b.change(func(told *v1.Feedback) { told.When = all })
	b.run("api") // of which there is nothing to tell
	b.is("api", state{id: "1", sha: sha(1), ready: "False", message: "broken"})
	b.run("api")
	if len(b.notices()) != 1 {
		t.Errorf("there are %+v", b.f.Comments(1))
	}
}

func TestANoticeThatTheForgeKeepsStaysAndKeepsNothingFromBeingTold(t *testing.T) {
	for name, code := range map[string]int{"it is forbidden": http.StatusForbidden, "somebody has answered": http.StatusConflict, "it is gone": http.StatusNotFound} {
		b := newBench(t, forge.NewBitbucketServer(t))
		b.f.Open(forge.Request{})
		b.watch("api", v1.Feedback{When: all})
		b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodDelete && forge.Status(code)(w, r)
		})
		for n := 1; n <= 2; n++ {
			for _, is := range []state{{id: "1", sha: sha(n), ready: "True"}, {id: "1", sha: sha(n), ready: "False", message: "broken"}} {
				b.is("api", is)
				b.settle("api", time.Minute)
			}
		}
		if got := b.condition(); got.Status != "True" || len(b.notices()) != 2 || b.f.Said() != 3 {
			t.Errorf("%s: there are %+v, and %+v", name, b.notices(), got)
		}
	}
}
