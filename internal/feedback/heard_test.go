package feedback

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// hears are the forges that people are answered at by more than a comment.
var hears = map[string]func(testing.TB) *forge.Forge{"GitHub": forge.NewGitHub, "GitLab": forge.NewGitLab, "Gitea": forge.NewGitea}

// approved writes down approvals of request 1.
func (b *bench) approved(spec v1.Forks, records ...v1.Approval) {
	b.t.Helper()
	provider := b.provider("api")
	spec.Policy = v1.ForksApprove
	provider.Spec.Forks = &spec
	if err := server.Client.Update(b.t.Context(), provider); err != nil {
		b.t.Fatal(err)
	}
	for n := range records {
		records[n].ID, records[n].At = "1", metav1.NewTime(b.now)
	}
	provider.Status.Approvals = records
	if err := server.Client.Status().Update(b.t.Context(), provider); err != nil {
		b.t.Fatal(err)
	}
}

func TestWhoApprovesByACommentIsAnsweredByAThumbOnce(t *testing.T) {
	for name, start := range hears {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, start(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{})
			first, second := b.f.Say(1, "grace", "/preview "+sha(1)), b.f.Say(1, "grace", "/preview "+sha(2))
			b.is("api", state{id: "1", sha: sha(1), ready: "True"})
			b.approved(v1.Forks{}, v1.Approval{SHA: sha(1), How: v1.ByComment, Evidence: fmt.Sprint(first)})
			b.settle("api", time.Minute)
			thumb := b.f.Reactions(first)
			if len(thumb) != 1 || len(b.f.Reactions(second)) != 0 {
				t.Fatalf("the reactions are %v, and %v of a comment that approved of nothing", thumb, b.f.Reactions(second))
			}
			if got := len(b.f.Comments(1)); got != 3 {
				t.Errorf("there are %d comments, and it is answered in none", got)
			}
			told := len(b.f.Writes())
			b.restart()
			b.settle("api", time.Minute)
			if got := len(b.f.Writes()); got != told {
				t.Errorf("it is told %d times more though nothing is new", got-told)
			}
			b.is("api", state{id: "1", sha: sha(2), ready: "True"})
			b.approved(v1.Forks{}, v1.Approval{SHA: sha(2), How: v1.ByComment, Evidence: fmt.Sprint(second)})
			b.settle("api", time.Minute)
			if got := b.f.Reactions(second); !slices.Equal(got, thumb) {
				t.Errorf("the reactions are %v", got)
			}
		})
	}
}

// At GitLab a comment with a thumb passes for an edited one: who reads it later hears it
// no more.
func TestWhoApprovesIsAnsweredOnceNoOtherProviderWaitsForIt(t *testing.T) {
	for name, start := range hears {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, start(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{})
			b.watch("web", v1.Feedback{})
			said := b.f.Say(1, "grace", "/preview "+sha(1))
			b.is("api", state{id: "1", sha: sha(1), ready: "True"})
			b.is("web", state{id: "1", sha: sha(1), held: v1.HeldWaitingForApproval})
			b.approved(v1.Forks{}, v1.Approval{SHA: sha(1), How: v1.ByComment, Evidence: fmt.Sprint(said)})
			b.settle("api", time.Minute)
			if got := b.f.Reactions(said); len(got) != 0 {
				t.Fatalf("the reactions are %v, and the other provider has not heard it", got)
			}
			b.is("web", state{id: "1", sha: sha(2), held: v1.HeldWaitingForApproval})
			b.settle("api", time.Minute)
			if got := b.f.Reactions(said); len(got) != 1 {
				t.Errorf("the reactions are %v, and nobody waits for it any more", got)
			}
		})
	}
}

func TestALabelThatApprovedOfAnEarlierCommitIsTakenAway(t *testing.T) {
	byLabel := v1.Forks{By: []string{v1.ByLabel}, Label: "safe"}
	wider := byLabel
	wider.Scope = v1.ApproveRequest
	for name, start := range hears {
		for claim, c := range map[string]struct {
			spec  v1.Forks
			again bool
			held  string
			want  int
		}{
			"at the next push":                       {byLabel, false, v1.HeldWaitingForApproval, 0},
			"but not one that was set again since":   {byLabel, true, v1.HeldWaitingForApproval, 1},
			"but not one that approves of it, too":   {wider, false, v1.HeldWaitingForApproval, 1},
			"but not where it waits for another one": {byLabel, false, v1.HeldWaitingForImage, 1},
		} {
			t.Run(name+" "+claim, func(t *testing.T) {
				b := newBench(t, start(t))
				b.f.Open(forge.Request{})
				b.watch("api", v1.Feedback{})
				b.f.LabelAs(1, "grace", "safe")
				event := b.f.Event(1, "safe")
				if c.again {
					b.f.Unlabel(1, "safe")
					b.f.LabelAs(1, "grace", "safe")
				}
				b.is("api", state{id: "1", sha: sha(2), held: c.held})
				b.approved(c.spec, v1.Approval{SHA: sha(1), How: v1.ByLabel, Evidence: fmt.Sprint(event)})
				b.settle("api", time.Minute)
				if got := b.f.Labels(1); len(got) != c.want {
					t.Errorf("the labels are %v", got)
				}
			})
		}
	}
}

func TestATokenThatMayNotAnswerStillTells(t *testing.T) {
	for name, start := range hears {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, start(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{})
			said := b.f.Say(1, "grace", "/preview "+sha(1))
			b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "reactions") && !strings.Contains(r.URL.Path, "award_emoji") {
					return false
				}
				return forge.Status(http.StatusForbidden)(w, r)
			})
			b.is("api", state{id: "1", sha: sha(1), ready: "True"})
			b.approved(v1.Forks{}, v1.Approval{SHA: sha(1), How: v1.ByComment, Evidence: fmt.Sprint(said)})
			b.settle("api", time.Minute)
			if c := b.condition(); c.Status != metav1.ConditionTrue || len(b.f.Comments(1)) != 2 {
				t.Errorf("%d comments, and the condition is %+v", len(b.f.Comments(1)), c)
			}
		})
	}
}
