package feedback

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

const previewURL = "https://api-1.preview.example.com"

func TestARequestHasOneCommentThatIsKeptTrueUntilItIsClosed(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled})
	for _, step := range []struct {
		is     []state
		says   string
		status string
		most   int // that it is told
	}{
		{[]state{{id: "1", sha: sha(1), held: v1.HeldLabelMissing}}, "## Preview: waiting for label", "pending", 2},
		{[]state{{id: "1", sha: sha(1), ready: "Unknown"}}, "## Preview: deploying", "pending", 3},
		{[]state{{id: "1", sha: sha(1), ready: "True", url: previewURL}}, "[api-1.preview.example.com](" + previewURL + ")", "success", 3},
		{[]state{{id: "1", sha: sha(2), ready: "Unknown", url: previewURL}}, "## Preview: deploying", "pending", 4},
		{[]state{{id: "1", sha: sha(2), ready: "False", message: "cannot pull @everyone"}}, "```text\ncannot pull @everyone\n```", "failure", 3},
		{[]state{{id: "1", sha: sha(3), ready: "Unknown"}}, "## Preview: deploying", "pending", 4},
		{[]state{{id: "1", sha: sha(3), ready: "True", url: previewURL}}, "## Preview: ready", "success", 3},
		{nil, "## Preview: removed", "success", 2},
	} {
		before := len(b.f.Writes())
		b.is("api", step.is...)
		b.settle("api", time.Minute)
		comments := b.f.Comments(1)
		if len(comments) != 1 || !strings.Contains(comments[0].Text, step.says) {
			t.Fatalf("it says %+v, want one with %q", comments, step.says)
		}
		if told := len(b.f.Writes()) - before; told > step.most {
			t.Errorf("%s: it was told %d times, and %d are enough", step.says, told, step.most)
		}
		if len(step.is) > 0 {
			statuses := b.f.Statuses(step.is[0].sha)
			if last := statuses[len(statuses)-1]; last.State != step.status || last.Name != "preview/api" {
				t.Errorf("%s: the status is %+v", step.says, last)
			}
		}
	}
	if got := fmt.Sprint(states(b.f)); got != "[[success inactive] [failure inactive] [success inactive]]" {
		t.Errorf("the deployments were %s", got)
	}
	if left := b.provider("api").Status.Feedback; len(left) != 0 {
		t.Errorf("the status still has %+v", left)
	}
	if c := b.condition(); c.Status != metav1.ConditionTrue {
		t.Errorf("the condition is %+v", c)
	}
	b.is("api", state{id: "1", sha: sha(3), ready: "Unknown"})
	b.settle("api", time.Minute)
	if comments := b.f.Comments(1); len(comments) != 1 || !strings.Contains(comments[0].Text, "deploying") {
		t.Errorf("after it was opened again: %+v", comments)
	}
}

func states(f *forge.Forge) [][]string {
	var out [][]string
	for _, one := range f.Deployments() {
		out = append(out, one.States)
	}
	return out
}

func TestWhereNothingIsNewNothingIsAsked(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "True", url: previewURL})
	b.settle("api", time.Minute)
	asked, version := b.f.Asked(), b.provider("api").ResourceVersion
	for range 3 {
		b.now = b.now.Add(time.Hour)
		b.run("api")
		b.restart()
		b.run("api")
	}
	if b.f.Asked() != asked || b.provider("api").ResourceVersion != version || b.result.RequeueAfter != 0 {
		t.Errorf("%d requests to the forge, and version %s of %s", b.f.Asked()-asked, b.provider("api").ResourceVersion, version)
	}
}

// mortal is a client whose process has ended.
type mortal struct {
	client.Client
	dead *bool
}

var errDead = errors.New("the process has ended")

// Status implements client.Client.
func (m mortal) Status() client.SubResourceWriter { return mortalStatus{m.Client.Status(), m.dead} }

type mortalStatus struct {
	client.SubResourceWriter
	dead *bool
}

// Patch implements client.SubResourceWriter.
func (m mortalStatus) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	if *m.dead {
		return errDead
	}
	return m.SubResourceWriter.Patch(ctx, obj, patch, opts...)
}

// A process that ends has asked the forge, and may not have heard the answer: it ends
// with the nth request of a story, whichever that is.
func TestWhereverAProcessEndsThereIsOneComment(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *forge.Forge{
		"Gitea": forge.NewGitea, "GitHub": forge.NewGitHub, "GitLab": forge.NewGitLab, "AzureDevOps": forge.NewAzureDevOps, "BitbucketServer": forge.NewBitbucketServer,
	} {
		t.Run(name, func(t *testing.T) {
			told := v1.Feedback{}
			if name == "GitHub" || name == "GitLab" {
				told.Deployment = v1.FeatureEnabled
			}
			ends := 0
			for isEnded := true; isEnded; ends++ {
				isEnded = endsOnce(t, start(t), told, ends+1)
			}
			t.Logf("it ended %d times", ends-1)
		})
	}
}

// endsOnce plays the story of a request in which the process ends with the nth request
// to the forge, and reports whether the story has as many.
func endsOnce(t *testing.T, f *forge.Forge, told v1.Feedback, nth int) bool {
	t.Helper()
	b := newBench(t, f)
	b.f.Open(forge.Request{})
	for i := range 120 {
		b.f.Say(1, "ada", fmt.Sprint("about ", i))
	}
	b.watch("api", told)
	dead := false
	b.Client = mortal{server.Client, &dead}
	b.f.Break(b.f.Lost(nth, &dead))
	restarted := false
	for _, is := range []state{
		{id: "1", sha: sha(1), ready: "Unknown"}, {id: "1", sha: sha(1), ready: "True", url: previewURL},
		{id: "1", sha: sha(2), ready: "Unknown", url: previewURL}, {id: "1", sha: sha(2), ready: "True", url: previewURL},
	} {
		b.is("api", is)
		_, err := b.Reconcile(context.Background(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: "api-prs"}})
		switch {
		case dead && !restarted:
			if !errors.Is(err, errDead) {
				t.Fatalf("it goes on after its end: %v", err)
			}
			b.f.Mend()
			b.restart()
			restarted = true
		case err != nil:
			t.Fatal(err)
		}
		b.settle("api", time.Minute)
	}
	if all := b.f.Comments(1); len(all) != 121 || !strings.Contains(all[120].Text, "## Preview: ready") {
		t.Errorf("after an end at request %d there are %d comments", nth, len(all)-120)
	}
	if all := b.f.Deployments(); len(all) != 0 && len(all) != 2 || told.Deployment != "" && len(all) == 0 {
		t.Errorf("after an end at request %d there are %d deployments", nth, len(all))
	}
	return dead
}

func TestACommentThatAPersonDeletesComesBackWithTheNextChange(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
	b.settle("api", time.Minute)
	b.f.Uncomment(b.f.Comments(1)[0].ID)
	b.run("api")
	if len(b.f.Comments(1)) != 0 {
		t.Error("it is back though nothing changed")
	}
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Minute)
	if len(b.f.Comments(1)) != 1 {
		t.Error("it is not back")
	}
	b.f.Uncomment(b.f.Comments(1)[0].ID)
	b.is("api", state{id: "1", sha: sha(2), ready: "Unknown", labels: []string{v1.NoCommentLabel}})
	b.settle("api", time.Minute)
	if len(b.f.Comments(1)) != 0 {
		t.Error("it is back though the label keeps it away")
	}
}

func TestARequestWithTheLabelHasNoCommentHeldOrNot(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	labels := []string{v1.NoCommentLabel}
	for _, is := range []state{
		{id: "1", sha: sha(1), held: v1.HeldWaitingForImage, labels: labels},
		{id: "1", sha: sha(1), ready: "True", labels: labels},
	} {
		b.is("api", is)
		b.settle("api", time.Minute)
		if said := b.f.Comments(1); len(said) != 0 {
			t.Errorf("it says %+v", said)
		}
	}
}

func TestACommentThatIsThereBeforeTheLabelIsKeptTrue(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	labels := []string{v1.NoCommentLabel}
	for _, step := range []struct {
		is   []state
		says string
	}{
		{[]state{{id: "1", sha: sha(1), held: v1.HeldWaitingForImage}}, "waiting for image"},
		{[]state{{id: "1", sha: sha(1), held: v1.HeldLabelMissing, labels: labels}}, "waiting for label"},
		{[]state{{id: "1", sha: sha(1), ready: "True", labels: labels}}, "Preview: ready"},
		{nil, "Preview: removed"},
	} {
		b.is("api", step.is...)
		b.settle("api", time.Minute)
		if said := b.f.Comments(1); len(said) != 1 || !strings.Contains(said[0].Text, step.says) {
			t.Errorf("it says %+v, want %s", said, step.says)
		}
	}
}

func TestARequestThatHasACommentAloneIsToldWhatIsRemoved(t *testing.T) {
	for _, is := range []state{{id: "1", sha: sha(1), ready: "True"}, {id: "1", sha: sha(1), held: v1.HeldLabelMissing}} {
		b := newBench(t, forge.NewGitea(t))
		b.f.Open(forge.Request{})
		b.watch("api", v1.Feedback{Status: v1.FeatureDisabled})
		b.watch("web", v1.Feedback{})
		for _, services := range [][]string{{"api", "web"}, {"api"}} {
			b.is("api", is)
			b.is("web")
			if len(services) > 1 {
				b.is("web", is)
			}
			b.settle("api", time.Minute)
		}
		version := b.provider("api").ResourceVersion
		if b.run("api"); b.provider("api").ResourceVersion != version {
			t.Error("it writes though nothing is new")
		}
		b.is("api")
		b.settle("api", time.Minute)
		if said := b.f.Comments(1); len(said) != 1 || !strings.Contains(said[0].Text, "## Preview: removed") || !strings.Contains(said[0].Text, "| api | Removed |") {
			t.Errorf("it says %+v", said)
		}
		if left := b.provider("api").Status.Feedback; len(left) != 0 {
			t.Errorf("the status still has %+v", left)
		}
	}
}

func TestThreeProvidersOfOneRepositoryHaveOneComment(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	for _, service := range []string{"web", "api", "db"} {
		b.watch(service, v1.Feedback{})
		b.is(service, state{id: "1", sha: sha(1), ready: "Unknown"})
	}
	for range 2 {
		for _, service := range []string{"web", "api", "db"} {
			b.settle(service, time.Minute)
		}
	}
	comments := b.f.Comments(1)
	if len(comments) != 1 || !strings.Contains(comments[0].Text, "## Previews: 0 of 3 ready") || len(b.f.Statuses(sha(1))) != 3 {
		t.Errorf("there are %+v, and %+v", comments, b.f.Statuses(sha(1)))
	}
	if len(b.provider("web").Status.Feedback) != 0 || len(b.provider("api").Status.Feedback) != 1 {
		t.Error("not the first by name keeps what was told")
	}
	if err := server.Client.Delete(context.Background(), b.provider("api")); err != nil {
		t.Fatal(err)
	}
	b.is("db", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("db", time.Minute)
	if comments := b.f.Comments(1); len(comments) != 1 {
		t.Errorf("after the first is gone there are %+v", comments)
	}
}

// GitHub takes 80 a minute and 500 an hour of what makes content.
func TestTwoHundredPreviewsThatBecomeReadyAtOnceStayWithinTheLimits(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled})
	var deploying, ready []state
	for n := range 200 {
		id := fmt.Sprint(b.f.Open(forge.Request{}))
		deploying = append(deploying, state{id: id, sha: sha(n + 1), ready: "Unknown"})
		ready = append(ready, state{id: id, sha: sha(n + 1), ready: "True", url: previewURL})
	}
	b.is("api", deploying...)
	b.run("api")
	b.now = b.now.Add(5 * time.Second)
	b.is("api", ready...)
	began := b.now
	b.settle("api", 10*time.Minute)
	for n := range 200 {
		if all := b.f.Comments(n + 1); len(all) != 1 || !strings.Contains(all[0].Text, "## Preview: ready") {
			t.Fatalf("request %d is told %+v", n+1, all)
		}
	}
	t.Logf("all comments are true after %s", b.now.Sub(began))
	b.settle("api", 24*time.Hour)
	writes := b.f.Writes()
	for _, limit := range []struct {
		most int
		in   time.Duration
	}{{80, time.Minute}, {500, time.Hour}} {
		for n := limit.most; n < len(writes); n++ {
			if in := writes[n].Sub(writes[n-limit.most]); in < limit.in {
				t.Fatalf("%d writes in %s", limit.most+1, in)
			}
		}
	}
	t.Logf("%d writes in %s", len(writes), writes[len(writes)-1].Sub(writes[0]))
}

func TestWhatOthersSayOfAProviderStays(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	provider := b.provider("api")
	provider.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Fine", LastTransitionTime: metav1.NewTime(b.now)}}
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.run("api")
	provider = b.provider("api")
	if len(provider.Status.Conditions) != 2 || len(provider.Status.ExportedInputs) != 1 || len(provider.Status.Feedback) != 1 {
		t.Errorf("it says %+v", provider.Status)
	}
	provider.Spec.Feedback = nil
	if err := server.Client.Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.run("api")
	if provider = b.provider("api"); len(provider.Status.Conditions) != 1 || len(provider.Status.Feedback) != 0 {
		t.Errorf("without the field it says %+v", provider.Status)
	}
}

func TestOfTwoCommentsThatWereWrittenAtOnceTheOldestStays(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
	b.settle("api", time.Minute)
	first := b.f.Comments(1)[0]
	b.f.Say(1, first.Author, first.Text)
	b.f.Say(1, "mallory", first.Text)
	provider := b.provider("api")
	provider.Status.Feedback = nil
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.restart()
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Minute)
	all := b.f.Comments(1)
	if len(all) != 2 || all[0].ID != first.ID || !strings.Contains(all[0].Text, "## Preview: ready") || all[1].Author != "mallory" || all[1].Edits != 0 {
		t.Errorf("there are %+v", all)
	}
}
