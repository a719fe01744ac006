package feedback

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// toldOne is a bench with one request that was told that its preview is deploying.
func toldOne(t *testing.T, f *forge.Forge) *bench {
	t.Helper()
	b := newBench(t, f)
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
	b.settle("api", time.Minute)
	if all := b.f.Comments(1); len(all) != 1 {
		t.Fatalf("there are %+v", all)
	}
	return b
}

// GitLab takes nothing by the old name of a repository, and says so.
func TestARequestOfARepositoryThatIsRenamedIsToldInTheSameComment(t *testing.T) {
	b := toldOne(t, forge.NewGitLab(t))
	b.f.Rename("renamed")
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Minute)
	renamed := b.f.URL[:strings.LastIndex(b.f.URL, "/")] + "/renamed"
	if got := b.condition(); got.Status != metav1.ConditionFalse || !strings.Contains(got.Message, "as it is "+renamed+" now: set spec.url to the name that the repository has now") {
		t.Errorf("GitLab: the condition is %+v", got)
	}
	provider := b.provider("api")
	provider.Spec.URL = renamed
	if err := server.Client.Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.settle("api", time.Minute)
	if got, all := b.condition(), b.f.Comments(1); got.Status != metav1.ConditionTrue || len(all) != 1 || !strings.Contains(all[0].Text, "## Preview: ready") {
		t.Errorf("GitLab, by the new name: there are %+v, and the condition is %+v", all, got)
	}
	for name, start := range map[string]func(testing.TB) *forge.Forge{"Gitea": forge.NewGitea, "GitHub": forge.NewGitHub} {
		t.Run(name, func(t *testing.T) {
			b := toldOne(t, start(t))
			b.f.Rename("renamed")
			b.is("api", state{id: "1", sha: sha(1), ready: "True"})
			b.settle("api", time.Minute)
			if all := b.f.Comments(1); len(all) != 1 || !strings.Contains(all[0].Text, "## Preview: ready") {
				t.Errorf("there are %+v, and %+v", all, b.condition())
			}
		})
	}
}

func TestARequestThatIsTransferredIsNotToldAndKeepsNoOtherFromIt(t *testing.T) {
	b := toldOne(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		ours := strings.Contains(r.URL.Path, "/issues/1/") || strings.Contains(r.URL.Path, "/issues/comments/")
		return ours && forge.Status(http.StatusGone)(w, r)
	})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"}, state{id: "2", sha: sha(2), ready: "True"})
	b.settle("api", time.Hour)
	if all := b.f.Comments(2); len(all) != 1 || !strings.Contains(all[0].Text, "## Preview: ready") {
		t.Errorf("the other is told %+v", all)
	}
	if all := b.f.Comments(1); len(all) != 1 || all[0].Edits != 0 {
		t.Errorf("where it was there are %+v", all)
	}
	asked := b.f.Asked()
	b.settle("api", time.Hour)
	if more := b.f.Asked() - asked; more > 2*5 { // as often as the interval says
		t.Errorf("it is asked for %d times more", more)
	}
}

func TestTheRequestsOfARepositoryThatIsArchivedAreLeftAloneAndToldOnceItIsBack(t *testing.T) {
	b := toldOne(t, forge.NewGitHub(t))
	b.f.Break(refusesWrites("Repository was archived so is read-only."))
	b.is("api", state{id: "1", sha: sha(2), ready: "True"})
	b.run("api")
	asked, c := b.f.Asked(), b.condition()
	if c.Status != metav1.ConditionFalse || !strings.Contains(c.Message, "archived") {
		t.Errorf("the condition is %+v", c)
	}
	b.run("api")
	if more := b.f.Asked() - asked; more > 4 {
		t.Errorf("it is tried %d times more", more)
	}
	b.f.Mend()
	b.settle("api", 3*time.Hour)
	if all := b.f.Comments(1); len(all) != 1 || !strings.Contains(all[0].Text, "## Preview: ready") || b.condition().Status != metav1.ConditionTrue {
		t.Errorf("once it is back there are %+v, and %+v", all, b.condition())
	}
}

func TestARequestThatGetsAnotherTitleAndBranchIsToldInTheSameComment(t *testing.T) {
	b := toldOne(t, forge.NewGitea(t))
	first := b.f.Comments(1)[0]
	b.f.Change(1, func(r *forge.Request) { r.Title, r.Branch = "Another @everyone", "another/branch" })
	b.is("api", state{id: "1", sha: sha(1), ready: "True", labels: []string{"another"}})
	b.settle("api", time.Minute)
	if all := b.f.Comments(1); len(all) != 1 || all[0].ID != first.ID || !strings.Contains(all[0].Text, "## Preview: ready") {
		t.Errorf("there are %+v", all)
	}
}

func TestAServiceThatIsNotWatchedAnyMoreIsNotNamedWhenTheRequestIsClosed(t *testing.T) {
	b := toldOne(t, forge.NewGitea(t))
	b.watch("docs", v1.Feedback{})
	b.is("docs", state{id: "1", sha: sha(1), ready: "True"})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.settle("api", time.Hour)
	if all := b.f.Comments(1); len(all) != 1 || !strings.Contains(all[0].Text, "## Previews: 2 of 2 ready") {
		t.Fatalf("there are %+v", all)
	}
	for _, object := range []client.Object{
		&v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "docs-prs"}},
		&v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "docs-pr-envs"}},
	} {
		if err := server.Client.Delete(context.Background(), object); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		is   []state
		says string
	}{{[]state{{id: "1", sha: sha(1), ready: "True"}}, "## Preview: ready"}, {nil, "## Preview: removed"}} {
		b.is("api", step.is...)
		b.settle("api", time.Hour)
		if all := b.f.Comments(1); len(all) != 1 || !strings.Contains(all[0].Text, step.says) || strings.Contains(all[0].Text, "docs") {
			t.Errorf("%s: there are %+v", step.says, all)
		}
	}
}

// elsewhere is the API server as the cache of a shard has it whose sets have gone to
// another one.
type elsewhere struct{ client.Client }

func (e elsewhere) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, are := list.(*v1.ResourceSetList); are {
		return nil
	}
	return e.Client.List(ctx, list, options...)
}

func TestASetOfAnotherShardIsThereAllTheSame(t *testing.T) {
	b := toldOne(t, forge.NewGitHub(t))
	before := b.f.Comments(1)
	b.Client, b.Selector = elsewhere{server.Client}, labels.Everything()
	b.settle("api", time.Hour)
	if after := b.f.Comments(1); len(after) != 1 || after[0].Text != before[0].Text {
		t.Errorf("it is told\n%s\nin the place of\n%s", after[0].Text, before[0].Text)
	}
}
