package approval_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/approval"
	forges "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// everyForge are all of them, by a name.
var everyForge = map[string]func(testing.TB) *forge.Forge{
	"GitHub": forge.NewGitHub, "GitLab": forge.NewGitLab, "Gitea": forge.NewGitea, "Azure DevOps": forge.NewAzureDevOps,
	"Bitbucket Cloud": forge.NewBitbucketCloud, "Bitbucket Data Center": forge.NewBitbucketServer, "CodeCommit": forge.NewCodeCommit,
}

// Commits that differ from their first digit on.
const (
	shaA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// bench is one provider that asks one forge, and the status that it keeps.
type bench struct {
	t        *testing.T
	forge    *forge.Forge
	provider *v1.ResourceSetInputProvider
	looks    *approval.Looks
	now      time.Time
	exported map[string]string
	// unlabelled are the labels that were taken away with a push.
	unlabelled map[string]string
}

func newBench(t *testing.T, f *forge.Forge, spec v1.Forks) *bench {
	t.Helper()
	b := &bench{t: t, forge: f, looks: &approval.Looks{}, now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), exported: map[string]string{}}
	f.Clock(func() time.Time { return b.now })
	spec.Policy = v1.ForksApprove
	if f.AWS != nil {
		spec.AppliesTo = v1.AppliesToEverybody
	}
	b.provider = &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "prs", Annotations: map[string]string{}}}
	b.provider.Spec.Type, b.provider.Spec.URL, b.provider.Spec.Forks = f.Type, f.URL, &spec
	return b
}

// login is what an author goes by at the forge.
func (b *bench) login(author string) string {
	switch {
	case b.forge.AWS != nil:
		return "arn:aws:iam::111122223333:user/" + author
	case b.forge.Type == v1.InputProviderAzureDevOpsPullRequest:
		return author + "@example.com"
	case b.forge.Proxy != nil && b.forge.Type == v1.InputProviderBitbucketPullRequest:
		return forge.AccountID(author)
	default:
		return author
	}
}

// maintained lets grace approve: by her permission, or where the forge does not tell
// of any, by name.
func (b *bench) maintained() *bench {
	b.forge.Permit("grace", "write")
	b.forge.Permit("reader", "read")
	b.forge.Permit("ada", "write") // who wrote it
	if _, tells := b.repository().(forges.Permissions); !tells {
		b.provider.Spec.Forks.Approvers = []string{b.login("Grace"), b.login("ada")}
		if b.forge.AWS == nil && b.forge.Proxy != nil {
			b.provider.Spec.Forks.Approvers = []string{b.login("grace"), b.login("ada")}
		}
	}
	return b
}

func (b *bench) repository() forges.Repository {
	b.t.Helper()
	f := b.forge
	config := source.Config{Type: f.Type, URL: f.URL, Credentials: transport.Credentials{Username: "flux", Password: forge.Token}, Proxy: f.Proxy, TLS: f.TLS}
	if f.AWS != nil {
		config.Credentials, config.AWS = transport.Credentials{}, f.AWS(forge.Token)
	}
	repository, err := source.Repository(config)
	if err != nil {
		b.t.Fatal(err)
	}
	return repository
}

// poll passes some time, and asks about all requests that are open. What is approved is
// exported.
func (b *bench) poll() map[string]admit.Approval {
	b.t.Helper()
	b.now = b.now.Add(10 * time.Minute)
	repository := b.repository()
	items, err := repository.Requests().List(b.t.Context(), forges.Query{})
	if err != nil {
		b.t.Fatal(err)
	}
	found := approval.Compile(b.provider).Ask(b.t.Context(), b.looks, approval.Question{
		Asking: admit.Asking{Now: func() time.Time { return b.now }, Interval: 10 * time.Minute}, Annotations: b.provider.Annotations,
		URL: b.provider.Spec.URL, Exported: b.exported, Unlabelled: b.unlabelled, Records: b.provider.Status.Approvals, Repository: repository,
	}, items)
	b.provider.Status.Approvals = approval.Open(found.Records, items, b.now)
	out := map[string]admit.Approval{}
	for _, item := range items {
		out[item.ID] = found.Approvals[item.Change()]
		if out[item.ID].Message != "" {
			continue
		}
		b.exported[item.ID] = item.SHA
		if !slices.ContainsFunc(b.provider.Status.Approvals, func(one v1.Approval) bool { return one.Revoked == nil }) {
			b.t.Fatalf("request %s is approved, and there is no record of it", item.ID)
		}
	}
	return out
}

// wantWaiting polls, and wants request 1 to wait, with some words.
func (b *bench) wantWaiting(words string) {
	b.t.Helper()
	b.now = b.now.Add(time.Minute) // nobody speaks in the moment of a push
	if got := b.poll()["1"]; got.Message == "" || !strings.Contains(got.Message, words) {
		b.t.Fatalf("it says %q, which lacks %q; %+v", got.Message, words, b.provider.Status.Approvals)
	}
}

func (b *bench) wantApproved() {
	b.t.Helper()
	if got := b.poll()["1"]; got.Message != "" {
		b.t.Fatalf("it is not approved: %s; %+v", got.Message, b.provider.Status.Approvals)
	}
}

// onEvery plays a case on each forge, with a request of ada's from a fork.
func onEvery(t *testing.T, spec v1.Forks, play func(t *testing.T, b *bench)) {
	t.Helper()
	for name, start := range everyForge {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, start(t), spec).maintained()
			b.forge.Open(forge.Request{SHA: shaA, Fork: b.forge.AWS == nil, Author: "ada"})
			play(t, b)
		})
	}
}

func TestACommitThatIsNamedIsApprovedAndTheNextOneIsNot(t *testing.T) {
	onEvery(t, v1.Forks{}, func(_ *testing.T, b *bench) {
		b.wantWaiting("waits for approval of its commit: let ")
		b.forge.Say(1, "grace", "Looks good.\n/preview "+shaA)
		b.wantApproved()
		b.forge.Push(1, shaB)
		b.wantWaiting("approved of aaaaaaaaaaaa")
		b.forge.Say(1, "grace", "/preview "+strings.ToUpper(shaB[:12]))
		if _, tells := b.repository().(forges.Pushes); !tells {
			b.wantWaiting("name it in full")
			b.forge.Say(1, "grace", "/preview "+strings.ToUpper(shaB))
		}
		b.wantApproved()
		b.looks = &approval.Looks{} // as a restart does
		b.wantApproved()
	})
}

// Who makes two commits can have their first twelve digits be the same within a minute.
func TestACommitThatBeginsLikeTheOneThatWasSeenIsNotApproved(t *testing.T) {
	const alike = "aaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for way, approve := range map[string]func(*bench){
		"named in part":        func(b *bench) { b.forge.Say(1, "grace", "/preview "+shaA[:12]) },
		"not named":            func(b *bench) { b.forge.Say(1, "grace", "/preview") },
		"approved in a review": func(b *bench) { b.forge.Review(1, "grace", forge.Approves) },
	} {
		t.Run(way, func(t *testing.T) {
			onEvery(t, v1.Forks{}, func(_ *testing.T, b *bench) {
				b.wantWaiting("")
				approve(b)
				b.now = b.now.Add(time.Minute)
				b.forge.Push(1, alike)
				b.wantWaiting("")
				b.wantWaiting("")
			})
		})
	}
}

func TestAReviewIsOfTheCommitThatItWasGivenFor(t *testing.T) {
	onEvery(t, v1.Forks{}, func(_ *testing.T, b *bench) {
		b.wantWaiting("")
		b.forge.Review(1, "grace", forge.Looks)
		b.wantWaiting("")
		b.forge.Review(1, "grace", forge.Approves)
		b.wantApproved()
		b.now = b.now.Add(time.Minute)
		b.forge.Push(1, shaB)
		b.wantWaiting("")
		b.forge.Review(1, "grace", forge.Approves)
		b.wantApproved()
	})
}

func TestACrowdTakesNoApprovalAwayAndDrownsNone(t *testing.T) {
	onEvery(t, v1.Forks{WhenRevoked: v1.WhenMissingRemove}, func(t *testing.T, b *bench) {
		crowd := func(words string) {
			for n := range 60 {
				b.forge.Say(1, fmt.Sprint("stranger", n), words)
			}
			b.now = b.now.Add(time.Minute)
		}
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		crowd("/preview " + shaA)
		for range 4 {
			b.wantApproved()
		}
		b.forge.Say(1, "grace", "/preview revoke")
		crowd("/preview " + shaA)
		crowd("/preview revoke")
		if got := b.poll()["1"]; got.Message == "" || !got.Revoked {
			t.Errorf("it is %+v", got)
		}
	})
}

func TestAReviewThatIsDismissedApprovesOfNothing(t *testing.T) {
	onEvery(t, v1.Forks{WhenRevoked: v1.WhenMissingRemove}, func(t *testing.T, b *bench) {
		id := b.forge.Review(1, "grace", forge.Approves)
		b.now = b.now.Add(time.Minute)
		if b.forge.Type == v1.InputProviderGitLabMergeRequest || b.forge.Type == v1.InputProviderAzureDevOpsPullRequest || b.forge.Proxy != nil && b.forge.AWS == nil {
			b.forge.Dismiss(id) // that it was given once counts for nothing
			b.wantWaiting("")
			return
		}
		b.wantApproved()
		b.forge.Dismiss(id)
		b.wantApproved() // an answer may lack something by mistake
		if got := b.poll()["1"]; got.Message == "" || !got.Revoked {
			t.Errorf("it is %+v", got)
		}
	})
}

func TestOnlyWhoMayApproves(t *testing.T) {
	onEvery(t, v1.Forks{}, func(t *testing.T, b *bench) {
		for _, author := range []string{"stranger", "reader", "ada"} {
			b.forge.Say(1, author, "/preview "+shaA)
			b.forge.Review(1, author, forge.Approves)
			if b.forge.AWS != nil && author == "ada" {
				continue // at AWS a session of a role is not its user
			}
			b.wantWaiting("")
		}
		if b.forge.AWS == nil {
			b.wantWaiting("wrote it")
		}
	})
}

func TestAnEditedCommentApprovesOfNothing(t *testing.T) {
	onEvery(t, v1.Forks{}, func(_ *testing.T, b *bench) {
		id := b.forge.Say(1, "grace", "Looks good.")
		b.forge.Edit(id, "/preview "+shaA)
		b.wantWaiting("")
	})
}

// GitLab changes the time of a note with each emoji, Eddy's own among them.
func TestAReactionTakesNoApprovalBack(t *testing.T) {
	onEvery(t, v1.Forks{WhenRevoked: v1.WhenMissingRemove}, func(t *testing.T, b *bench) {
		_, tells := b.repository().(forges.Pushes)
		for _, c := range []struct{ said, sha string }{{"/preview " + shaA, shaA}, {"/preview", shaB}} {
			if c.said == "/preview" && !tells {
				continue
			}
			b.now = b.now.Add(time.Minute)
			b.forge.Push(1, c.sha)
			b.now = b.now.Add(time.Minute)
			id := b.forge.Say(1, "grace", c.said)
			b.wantApproved()
			if reacts, can := b.repository().(forges.Reactions); can {
				if err := reacts.React(t.Context(), "1", fmt.Sprint(id)); err != nil {
					t.Fatal(err)
				}
			}
			b.forge.React(id, "eyes")
			for range 3 {
				b.wantApproved()
			}
			b.looks = &approval.Looks{}
			b.wantApproved()
			b.forge.Say(1, "grace", "/preview revoke")
			b.wantWaiting("took it back")
		}
	})
}

func TestAnApprovalThatIsEditedLaterStandsWhileItSaysTheSame(t *testing.T) {
	onEvery(t, v1.Forks{WhenRevoked: v1.WhenMissingRemove}, func(t *testing.T, b *bench) {
		id := b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Edit(id, "Thanks!\n\n/preview "+shaA[:12])
		for range 3 {
			b.wantApproved()
		}
		b.forge.Edit(id, "/preview "+shaB)
		b.wantApproved() // an answer may lack something by mistake
		if got := b.poll()["1"]; got.Message == "" || !got.Revoked {
			t.Errorf("it is %+v", got)
		}
		b.forge.Push(1, shaB)
		b.wantWaiting("'s comment may have been edited since: say it in a new one")
	})
}

// Otherwise a stranger's emoji would keep a revocation from being heard.
func TestWhatTakesBackIsHeardThoughItMayHaveBeenEdited(t *testing.T) {
	for way, revoke := range map[string]func(b *bench, given int){
		"reacted to":                 func(b *bench, _ int) { b.forge.React(b.forge.Say(1, "grace", "/preview revoke"), "eyes") },
		"edited":                     func(b *bench, _ int) { b.forge.Edit(b.forge.Say(1, "grace", "Hm."), "/preview revoke") },
		"written over what was said": func(b *bench, given int) { b.forge.Edit(given, "/preview revoke") },
	} {
		t.Run(way, func(t *testing.T) {
			onEvery(t, v1.Forks{WhenRevoked: v1.WhenMissingRemove}, func(t *testing.T, b *bench) {
				given := b.forge.Say(1, "grace", "/preview "+shaA)
				b.wantApproved()
				b.now = b.now.Add(time.Minute)
				b.forge.Edit(b.forge.Say(1, "stranger", "Hm."), "/preview revoke")
				b.wantApproved()
				revoke(b, given)
				if got := b.poll()["1"]; !strings.Contains(got.Message, "took it back") || !got.Revoked {
					t.Fatalf("it is %+v", got)
				}
				b.wantWaiting("took it back")
				b.forge.Say(1, "grace", "/preview "+shaA)
				b.wantApproved()
			})
		})
	}
}

func TestWhatIsTakenBackIsApprovedNoMore(t *testing.T) {
	onEvery(t, v1.Forks{}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Say(1, "stranger", "/preview revoke")
		b.wantApproved()
		b.forge.Say(1, "grace", "/preview revoke")
		if got := b.poll()["1"]; !strings.Contains(got.Message, "took it back") || !got.Revoked {
			t.Fatalf("it is %+v", got)
		}
		b.wantWaiting("took it back")
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
	})
}

func TestARequestThatGoesElsewhereIsLookedAtAgain(t *testing.T) {
	onEvery(t, v1.Forks{}, func(_ *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Change(1, func(r *forge.Request) { r.Target = "release" })
		b.wantWaiting("before the request changed where it goes to")
		b.wantWaiting("before the request changed where it goes to")
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
	})
}

func TestARequestThatIsOpenedAgainIsLookedAtAgain(t *testing.T) {
	onEvery(t, v1.Forks{Scope: v1.ApproveRequest}, func(_ *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Close(1)
		b.poll()
		b.forge.Reopen(1)
		b.wantWaiting("before the request was closed")
	})
}

func TestAnApprovalOfARequestLastsForWhatIsPushedLater(t *testing.T) {
	onEvery(t, v1.Forks{Scope: v1.ApproveRequest}, func(_ *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Push(1, shaB)
		b.wantApproved()
		b.forge.Open(forge.Request{SHA: shaB, Fork: b.forge.AWS == nil, Author: "ada"})
		if got := b.poll()["2"]; got.Message == "" {
			b.t.Error("another request of the author is approved, too")
		}
		b.forge.Say(1, "grace", "/preview revoke")
		b.wantWaiting("took it back")
	})
}

func TestAnApprovalOfAnAuthorLastsUntilItIsTakenBack(t *testing.T) {
	onEvery(t, v1.Forks{Scope: v1.ApproveAuthor}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Open(forge.Request{SHA: shaB, Fork: b.forge.AWS == nil, Author: "ada"})
		b.forge.Open(forge.Request{SHA: shaB, Fork: b.forge.AWS == nil, Author: "mallory"})
		b.forge.Close(1)
		got := b.poll()
		if got["2"].Message != "" || b.forge.AWS == nil && got["3"].Message == "" {
			t.Fatalf("it is %+v", got)
		}
		b.forge.Say(2, "grace", "/preview revoke")
		if got := b.poll()["2"]; got.Message == "" || !got.Revoked {
			t.Errorf("it is %+v; %+v", got, b.provider.Status.Approvals)
		}
	})
}

func TestAnAuthorWhoIsTrustedNoMoreIsNotForgottenForWhatOthersClose(t *testing.T) {
	onEvery(t, v1.Forks{Scope: v1.ApproveAuthor}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Say(1, "grace", "/preview revoke")
		b.wantWaiting("took it back")
		var closed []v1.Approval
		at := metav1.NewTime(b.now)
		for n := range 100 {
			closed = append(closed, v1.Approval{ID: fmt.Sprint(100 + n), SHA: shaB, How: v1.ByComment, At: at, Revoked: &at})
		}
		b.provider.Status.Approvals = append(b.provider.Status.Approvals, closed...)
		b.poll()
		if !slices.ContainsFunc(b.provider.Status.Approvals, func(one v1.Approval) bool { return one.Author != "" && one.Revoked != nil }) {
			t.Errorf("it is forgotten: %d are kept", len(b.provider.Status.Approvals))
		}
	})
}

func TestAnAnnotationApprovesOfTheCommitThatItNames(t *testing.T) {
	onEvery(t, v1.Forks{}, func(t *testing.T, b *bench) {
		name := v1.ApproveAnnotationPrefix + "1"
		for _, wrong := range []string{"yes", shaA[:12], shaB, shaA + " yesterday", "revoked"} {
			b.provider.Annotations[name] = wrong
			b.wantWaiting("")
		}
		b.provider.Annotations[name] = shaA
		b.wantApproved()
		b.provider.Annotations[name] = "revoked " + b.now.Format(time.RFC3339)
		b.wantWaiting("took it back")
		b.provider.Annotations[name] = shaA
		b.wantWaiting("before")
		b.provider.Annotations[name] = shaA + " " + b.now.Add(time.Minute).Format(time.RFC3339)
		b.wantApproved()
		delete(b.provider.Annotations, name)
		if got := b.poll()["1"]; got.Message == "" || !got.Revoked {
			t.Errorf("it is %+v", got)
		}
	})
}

func TestALabelApprovesWhereItIsNewerThanTheCommit(t *testing.T) {
	for _, name := range []string{"GitHub", "GitLab", "Gitea"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, everyForge[name](t), v1.Forks{By: []string{v1.ByLabel}, Label: "safe"}).maintained()
			b.forge.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
			b.wantWaiting("let somebody with write permission set the label safe")
			b.forge.LabelAs(1, "grace", "safe")
			b.now = b.now.Add(time.Second)
			b.forge.Push(1, shaB) // before anybody looks
			b.wantWaiting("spoke before this commit was pushed")
			b.forge.Unlabel(1, "safe")
			b.wantWaiting("")
			b.forge.LabelAs(1, "reader", "safe")
			b.wantWaiting("reader has the permission read")
			b.forge.Unlabel(1, "safe")
			b.forge.LabelAs(1, "grace", "safe")
			b.wantApproved()
			b.forge.Unlabel(1, "safe")
			b.wantApproved() // an answer may lack something by mistake
			if got := b.poll()["1"]; got.Message == "" || !got.Revoked {
				t.Errorf("it is %+v", got)
			}
		})
	}
}

// What stands on a page that cannot be read may take the label back.
func TestAPageThatIsNotReadIsNotTheEndOfTheTimeline(t *testing.T) {
	f := everyForge["Gitea"](t)
	b := newBench(t, f, v1.Forks{By: []string{v1.ByLabel}, Label: "safe"})
	f.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
	f.LabelAs(1, "grace", "safe")
	item := forges.Item{ID: "1"}
	set := func() (forges.Labelling, error) {
		return b.repository().(forges.Labelled).Labelled(t.Context(), item, "safe")
	}
	if is, err := set(); err != nil || is.ID == "" {
		t.Fatalf("it is %+v, %v", is, err)
	}
	for claim, page := range map[string]string{"a web page": "<html>", "another thing": `{"message": "no"}`, "broken off": `[{"id": 1`} {
		f.Break(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("page") != "2" {
				return false
			}
			_, _ = io.WriteString(w, page) // the client may have gone
			return true
		})
		if is, err := set(); !errors.Is(err, transport.ErrInvalidAnswer) {
			t.Errorf("%s: it is %+v, %v", claim, is, err)
		}
	}
}

func TestWhoNamesNoCommitMeansOneThatWasThere(t *testing.T) {
	onEvery(t, v1.Forks{}, func(t *testing.T, b *bench) {
		pushes, tells := b.repository().(forges.Pushes)
		b.now = b.now.Add(time.Minute)
		b.forge.Push(1, shaB)
		b.now = b.now.Add(time.Minute)
		b.forge.Say(1, "grace", "/preview")
		if !tells {
			b.wantWaiting("named no commit")
			return
		}
		b.wantApproved()
		b.now = b.now.Add(time.Minute)
		b.forge.Push(1, shaA)
		b.wantWaiting("spoke before this commit was pushed")
		if at, err := pushes.PushedAt(t.Context(), forges.Item{ID: "1", SHA: "c0ffee", Branch: "feature/1", Source: "ada/api"}); err != nil || !at.IsZero() {
			t.Errorf("another commit was pushed at %s, %v", at, err)
		}
	})
}

func TestAnAnswerThatIsEmptyByMistakeTakesNothingBack(t *testing.T) {
	onEvery(t, v1.Forks{WhenRevoked: v1.WhenMissingRemove}, func(_ *testing.T, b *bench) {
		id := b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.forge.Uncomment(id)
		b.wantApproved()
		b.forge.Say(1, "grace", "/preview "+shaA)
		b.wantApproved()
		b.wantApproved()
	})
}

func TestAForgeInTroubleLetsNothingThroughAndTakesNothingBack(t *testing.T) {
	onEvery(t, v1.Forks{}, func(t *testing.T, b *bench) {
		b.forge.Say(1, "grace", "/preview "+shaA)
		items, err := b.repository().Requests().List(t.Context(), forges.Query{})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(records []v1.Approval) approval.Found {
			return approval.Compile(b.provider).Ask(t.Context(), &approval.Looks{}, approval.Question{
				Asking: admit.Asking{Now: func() time.Time { return b.now }, Interval: time.Minute}, Records: records, Repository: b.repository(),
			}, items)
		}
		b.forge.Break(forge.Status(503))
		found := ask(nil)
		if got := found.Approvals[items[0].Change()].Message; !strings.Contains(got, "it cannot be told whether somebody did: ") || !strings.Contains(got, "503") {
			t.Errorf("it says %q", got)
		}
		b.forge.Mend()
		given := ask(nil).Records
		b.forge.Break(forge.Status(503))
		if again := ask(given); again.Approvals[items[0].Change()].Message != "" || fmt.Sprint(again.Records) != fmt.Sprint(given) {
			t.Errorf("it is %+v", again)
		}
	})
}
