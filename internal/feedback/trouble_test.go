package feedback

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestWhatATokenMayNotDoIsOneConditionThatNamesThePermission(t *testing.T) {
	for _, c := range []struct {
		name  string
		path  string
		fault forge.Fault
		says  string
		also  func(f *forge.Forge) bool
	}{
		{"comments are forbidden", "/issues/", forge.Status(http.StatusForbidden), "Pull requests: Read and write", func(f *forge.Forge) bool { return len(f.Statuses(sha(1))) == 1 }},
		{"statuses are not found", "/statuses/", forge.Status(http.StatusNotFound), "Commit statuses: Read and write", func(f *forge.Forge) bool { return len(f.Comments(1)) == 1 }},
		{"the token is none", "/", forge.Status(http.StatusUnauthorized), "401 Unauthorized", func(*forge.Forge) bool { return true }},
		{"the forge is in trouble", "/", forge.Status(http.StatusBadGateway), "502 Bad Gateway", func(*forge.Forge) bool { return true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, forge.NewGitHub(t))
			b.watch("api", v1.Feedback{})
			var all []state
			for n := range 20 {
				b.f.Open(forge.Request{})
				all = append(all, state{id: fmt.Sprint(n + 1), sha: sha(1), ready: "True"})
			}
			b.is("api", all[:1]...)
			b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
				return strings.Contains(r.URL.Path, c.path) && c.fault(w, r)
			})
			b.run("api")
			if got := b.condition(); got.Status != metav1.ConditionFalse || !strings.Contains(got.Message, c.says) || strings.Contains(got.Message, forge.Token) {
				t.Errorf("the condition says %s", got.Message)
			}
			if !c.also(b.f) {
				t.Error("what is allowed was not told")
			}
			if b.result.RequeueAfter != b.provider("api").GetInterval() {
				t.Errorf("it is tried again after %s", b.result.RequeueAfter)
			}
			before := b.f.Asked()
			b.is("api", all...)
			b.run("api")
			if tried := b.f.Asked() - before; tried > 45 {
				t.Errorf("it was tried in vain %d times", tried)
			}
			b.f.Mend()
			b.settle("api", 30*time.Minute)
			if got := b.condition(); got.Status != metav1.ConditionTrue || len(b.f.Comments(20)) != 1 {
				t.Errorf("once it may: %s, %d comments", got.Message, len(b.f.Comments(20)))
			}
		})
	}
}

// refusesWrites answers whatever is not read as GitHub does what may not be written.
func refusesWrites(message string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"message": %q}`, message) // the client reads it
		return true
	}
}

func TestARequestThatIsLockedIsLeftAloneUntilItIsPushedTo(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Status: v1.FeatureDisabled})
	b.f.Break(refusesWrites("Unable to create comment because issue is locked."))
	b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
	b.run("api")
	asked := b.f.Asked()
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Hour)
	if got := b.condition(); got.Status != metav1.ConditionTrue || b.f.Asked() != asked {
		t.Errorf("%s, and %d more requests", got.Message, b.f.Asked()-asked)
	}
	if line := b.provider("api").Status.Feedback[0]; !strings.Contains(line.Refused, "locked") {
		t.Errorf("it says %+v", line)
	}
	b.f.Mend()
	b.is("api", state{id: "1", sha: sha(2), ready: "Unknown"})
	b.settle("api", time.Hour)
	if len(b.f.Comments(1)) != 1 {
		t.Error("after a push there is none")
	}
}

func TestAForgeThatWantsToBeLeftAloneIs(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.f.Break(forge.Status(http.StatusForbidden, "Retry-After", "90"))
	b.run("api")
	if got := b.condition(); b.result.RequeueAfter != 90*time.Second || got.Status != metav1.ConditionTrue {
		t.Errorf("it goes on after %s: %s", b.result.RequeueAfter, got.Message)
	}
	b.f.Mend()
	b.settle("api", 10*time.Minute)
	if len(b.f.Comments(1)) != 1 {
		t.Error("it was not told later")
	}
}

// Of three requests that were moved elsewhere nobody hears; the others are told.
func TestRequestsThatCannotBeToldKeepNoOthersFromBeingTold(t *testing.T) {
	for name, fault := range map[string]forge.Fault{"not found": forge.Status(http.StatusNotFound), "not understood": forge.Status(http.StatusBadRequest)} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, forge.NewGitHub(t))
			b.watch("api", v1.Feedback{Status: v1.FeatureDisabled})
			var all []state
			for n := range 10 {
				b.f.Open(forge.Request{})
				all = append(all, state{id: fmt.Sprint(n + 1), sha: sha(n + 1), ready: "True"})
			}
			b.is("api", all...)
			b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
				for _, moved := range []string{"1", "2", "3", "4"} {
					if strings.Contains(r.URL.Path, "/issues/"+moved+"/") {
						return fault(w, r)
					}
				}
				return false
			})
			b.settle("api", 3*time.Hour)
			for n := 5; n <= 10; n++ {
				if len(b.f.Comments(n)) != 1 {
					t.Errorf("request %d has %d comments", n, len(b.f.Comments(n)))
				}
			}
			if got := b.condition(); got.Status != metav1.ConditionFalse {
				t.Errorf("the condition says %s", got.Message)
			}
		})
	}
}

func TestACommitWhoseStatusIsRefusedKeepsTheCommentTrue(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled})
	b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "/issues/") && forge.Status(http.StatusUnprocessableEntity)(w, r)
	})
	b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
	b.settle("api", time.Minute)
	asked := b.f.Asked()
	b.settle("api", time.Hour)
	if b.f.Asked() != asked {
		t.Errorf("what was refused is told again: %d requests", b.f.Asked()-asked)
	}
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Hour)
	if all := b.f.Comments(1); len(all) != 1 || !strings.Contains(all[0].Text, "## Preview: ready") {
		t.Errorf("it says %+v", all)
	}
}

func TestAClusterThatTakesThePlaceOfAnotherEditsItsComments(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		comments      int
	}{
		"with the same id":  {"prod", "prod", 1},
		"with another one":  {"prod", "staging", 2},
		"without any there": {"prod", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, forge.NewGitea(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{})
			b.ID = c.before
			b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
			b.settle("api", time.Minute)
			provider := b.provider("api")
			provider.Status = v1.ResourceSetInputProviderStatus{}
			if err := server.Client.Status().Update(context.Background(), provider); err != nil {
				t.Fatal(err)
			}
			b.restart()
			b.ID = c.after
			b.is("api", state{id: "1", sha: sha(1), ready: "True"})
			b.settle("api", time.Minute)
			if all := b.f.Comments(1); len(all) != c.comments {
				t.Errorf("there are %+v", all)
			}
		})
	}
}

func TestSomebodyElsesCommentWithTheMarkerIsLeftAlone(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Status: v1.FeatureDisabled})
	b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
	b.settle("api", time.Minute)
	ours := b.f.Comments(1)[0]
	theirs := b.f.Say(1, "mallory", ours.Text)
	b.f.Uncomment(ours.ID)
	b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, fmt.Sprint("/comments/", theirs)) && forge.Status(http.StatusForbidden)(w, r)
	})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Minute)
	all := b.f.Comments(1)
	if len(all) != 2 || all[0].Edits != 0 || !strings.Contains(all[1].Text, "## Preview: ready") {
		t.Errorf("there are %+v", all)
	}
}

func TestATokenThatIsReplacedIsTakenWithTheNextRun(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "write"}, StringData: map[string]string{"username": "flux", "password": "expired"}})
	b.watch("api", v1.Feedback{SecretRef: &meta.LocalObjectReference{Name: "write"}})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.run("api")
	if got := b.condition(); got.Status != metav1.ConditionFalse || !strings.Contains(got.Message, "401 Unauthorized") || !strings.Contains(got.Message, "spec.feedback.secretRef") {
		t.Errorf("the condition says %s", got.Message)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "write", Namespace: b.namespace}, StringData: map[string]string{"username": "flux", "password": forge.Token}}
	if err := server.Client.Update(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
	b.run("api")
	if got := b.condition(); got.Status != metav1.ConditionTrue || len(b.f.Comments(1)) != 1 {
		t.Errorf("the condition says %s", got.Message)
	}
}

func TestATemplateSaysWhatTheCommentSaysOrIsOneCondition(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "words"}, Data: map[string]string{"comment.md": "<< inputs.heading >>, says the platform team"}}
	b.create(config)
	b.watch("api", v1.Feedback{Template: &meta.LocalObjectReference{Name: "words"}, Status: v1.FeatureDisabled})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Minute)
	if all := b.f.Comments(1); len(all) != 1 || !strings.HasSuffix(all[0].Text, " -->\n\nPreview: ready, says the platform team\n") {
		t.Errorf("it says %+v", all)
	}
	config.Data["comment.md"] = "<< inputs.nothing >>"
	if err := server.Client.Update(context.Background(), config); err != nil {
		t.Fatal(err)
	}
	b.is("api", state{id: "1", sha: sha(2), ready: "True"})
	b.run("api")
	if got := b.condition(); got.Status != metav1.ConditionFalse || !strings.Contains(got.Message, "spec.feedback.template") {
		t.Errorf("the condition says %s", got.Message)
	}
}
