package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// checksOn plays a case on every forge that tells what CI says, on one with a request.
func checksOn(t *testing.T, play func(t *testing.T, f *forge.Forge, asked source.Source, item source.Item)) {
	t.Helper()
	var tell atomic.Int32
	t.Cleanup(func() { // after all forges, which are asked side by side
		if tell.Load() == 0 {
			t.Error("no forge tells what CI says")
		}
	})
	onEvery(t, func(t *testing.T, f *forge.Forge, asked source.Source) {
		kind, err := source.TypeOf(f.Type)
		if err != nil || !kind.Checks.Told {
			t.Skip("it does not tell")
		}
		tell.Add(1)
		f.Open(forge.Request{SHA: shaA})
		play(t, f, asked, source.Item{ID: "1", SHA: shaA})
	})
}

// said are checks as name=state, in their order.
func said(t *testing.T, asked source.Source, item source.Item, wanted ...string) string {
	t.Helper()
	found, err := asked.Checks(context.Background(), item, wanted)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, check := range found {
		out = append(out, fmt.Sprintf("%s=%s", check.Name, check.State))
	}
	return strings.Join(out, " ")
}

func TestWhatCISaysOfACommitIsTold(t *testing.T) {
	checksOn(t, func(t *testing.T, f *forge.Forge, asked source.Source, item source.Item) {
		if got := said(t, asked, item, "ci/build"); got != "" {
			t.Errorf("of a new commit: %s", got)
		}
		f.Check(forge.Check{SHA: shaB, Name: "ci/build", App: "acme-ci", State: "success"})
		for _, state := range []string{"pending", "failure", "success"} {
			f.Check(forge.Check{SHA: shaA, Name: "ci/build", App: "acme-ci", State: state})
			if got := said(t, asked, item, "ci/build") + " "; !strings.HasPrefix(got, "ci/build="+state+" ") {
				t.Errorf("after %s: %s", state, got)
			}
		}
		f.Check(forge.Check{SHA: shaA, Name: "ci/lint", App: "acme-ci", State: "failure"})
		if got := said(t, asked, item, "ci/build", "ci/lint"); !strings.Contains(got, "ci/build=success") || !strings.Contains(got, "ci/lint=failure") {
			t.Errorf("of two: %s", got)
		}
	})
}

func TestNoCheckIsOverlookedAmongMany(t *testing.T) {
	checksOn(t, func(t *testing.T, f *forge.Forge, asked source.Source, item source.Item) {
		for n := range 130 {
			f.Check(forge.Check{SHA: shaA, Name: fmt.Sprint("job ", n), App: "acme-ci", State: "success"})
		}
		got, err := asked.Checks(context.Background(), item, repo.Names{"none"})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 130 {
			if !slices.ContainsFunc(got, func(c repo.Check) bool { return c.Name == fmt.Sprint("job ", n) }) {
				t.Fatalf("job %d is not among %d", n, len(got))
			}
		}
	})
}

func TestChecksThatCannotBeReadAreAnErrorThatNamesThePermission(t *testing.T) {
	checksOn(t, func(t *testing.T, f *forge.Forge, asked source.Source, item source.Item) {
		kind, err := source.TypeOf(f.Type)
		if err != nil {
			t.Fatal(err)
		}
		f.Break(forge.Status(http.StatusForbidden))
		if _, err := asked.Checks(context.Background(), item, repo.Names{"build"}); !errors.Is(err, transport.ErrForbidden) || !strings.Contains(err.Error(), kind.Checks.Permission) {
			t.Error(err)
		}
		faults := []forge.Fault{forge.SignInPage(http.StatusOK)}
		for _, body := range []string{"null", "{}", "[null]"} {
			faults = append(faults, forge.Body("application/json", body))
		}
		for _, fault := range faults {
			f.Break(fault)
			if found, err := asked.Checks(context.Background(), item, repo.Names{"build"}); err == nil {
				t.Errorf("found %v", found)
			}
		}
	})
}

func TestWhoSaysSoIsToldWhereThatCanBeAskedFor(t *testing.T) {
	checksOn(t, func(t *testing.T, f *forge.Forge, asked source.Source, item source.Item) {
		kind, err := source.TypeOf(f.Type)
		if err != nil {
			t.Fatal(err)
		}
		f.Check(forge.Check{SHA: shaA, Name: "build", App: "acme-ci", State: "success"})
		found, err := asked.Checks(context.Background(), item, repo.Names{"build"})
		if err != nil || len(found) == 0 || (found[0].App == "acme-ci") != kind.Checks.Apps {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}

func TestABranchHasTheChecksOfItsCommit(t *testing.T) {
	checksOn(t, func(t *testing.T, f *forge.Forge, _ source.Source, _ source.Item) {
		asked := openAs(t, f, f.BranchType, forge.Token)
		f.Check(forge.Check{SHA: shaA, Name: "build", App: "acme-ci", State: "success"})
		if got := said(t, asked, repo.BranchItem("main", shaA), "build"); !strings.HasPrefix(got, "build=success") {
			t.Error(got)
		}
	})
}

func TestWhatHasNoChecksSaysSo(t *testing.T) {
	f := forge.NewCodeCommit(t)
	if _, err := open(t, f, forge.Token).Checks(context.Background(), source.Item{ID: "1", SHA: shaA}, nil); !errors.Is(err, source.ErrUnsupported) {
		t.Error(err)
	}
	g := forge.NewGitea(t)
	if _, err := openAs(t, g, g.TagType, forge.Token).Checks(context.Background(), source.Item{ID: "1", SHA: shaA}, nil); !errors.Is(err, source.ErrUnsupported) {
		t.Error(err)
	}
}

func TestGitHubTellsStatusesAfterCheckRuns(t *testing.T) {
	f := forge.NewGitHub(t)
	asked, item := open(t, f, forge.Token), source.Item{ID: "1", SHA: shaA}
	f.Check(forge.Check{SHA: shaA, Name: "build", App: "github-actions", State: "skipped"})
	f.Check(forge.Check{SHA: shaA, Name: "jenkins", State: "success"})
	before := f.Asked()
	if got := said(t, asked, item, "build"); got != "build=skipped" || f.Asked() != before+1 {
		t.Errorf("%s, by %d questions", got, f.Asked()-before)
	}
	if got := said(t, asked, item, "build", "jenkins"); got != "build=skipped jenkins=success" {
		t.Error(got)
	}
}

func TestOfABeginningAllThatAForgeListsIsTold(t *testing.T) {
	f := forge.NewGitHub(t)
	asked, item := open(t, f, forge.Token), source.Item{ID: "1", SHA: shaA}
	f.Check(forge.Check{SHA: shaA, Name: "ci/lint", App: "github-actions", State: "success"})
	f.Check(forge.Check{SHA: shaA, Name: "ci/e2e", State: "failure"})
	if got := said(t, asked, item, "ci/*"); got != "ci/lint=success ci/e2e=failure" {
		t.Error(got)
	}
}

func TestGitLabTellsThePipelineOfTheVeryCommit(t *testing.T) {
	for _, c := range []struct {
		claim    string
		pipeline forge.Pipeline
		want     string
	}{
		{"on the commit", forge.Pipeline{SHA: shaA, Status: "success"}, "pipeline=success"},
		{"that has failed", forge.Pipeline{SHA: shaA, Status: "failed"}, "pipeline=failure"},
		{"that waits for somebody", forge.Pipeline{SHA: shaA, Status: "manual"}, "pipeline=pending"},
		{"on another commit", forge.Pipeline{SHA: shaB, Status: "success"}, ""},
		{"on its merge", forge.Pipeline{SHA: strings.Repeat("e", 40), Of: shaA, Status: "success"}, "pipeline=success"},
		{"on the merge of another", forge.Pipeline{SHA: strings.Repeat("e", 40), Of: shaB, Status: "success"}, ""},
	} {
		t.Run(c.claim, func(t *testing.T) {
			f := forge.NewGitLab(t)
			c.pipeline.Request = f.Open(forge.Request{SHA: shaA, Fork: true})
			f.Check(forge.Check{SHA: shaB, Name: "pipeline", State: "success"})
			f.Pipeline(c.pipeline)
			if got := said(t, open(t, f, forge.Token), source.Item{ID: "1", SHA: shaA}, "pipeline"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("of a branch", func(t *testing.T) {
		f := forge.NewGitLab(t)
		f.Pipeline(forge.Pipeline{SHA: shaA, Status: "success"})
		if got := said(t, openAs(t, f, f.BranchType, forge.Token), repo.BranchItem("main", shaA), "pipeline"); got != "pipeline=success" {
			t.Error(got)
		}
	})
	t.Run("and not a job that is called so", func(t *testing.T) {
		f := forge.NewGitLab(t)
		f.Open(forge.Request{SHA: shaA})
		f.Check(forge.Check{SHA: shaA, Name: "pipeline", State: "success"})
		if got := said(t, open(t, f, forge.Token), source.Item{ID: "1", SHA: shaA}, "pipeline"); got != "" {
			t.Error(got)
		}
	})
}

func TestAzureDevOpsTellsWhatIsOfTheVeryCommit(t *testing.T) {
	for _, c := range []struct {
		claim string
		check forge.Check
		want  string
	}{
		{"a status of its iteration", forge.Check{SHA: shaA, Request: 1, State: "success"}, "ci/build=success"},
		{"a status of the request", forge.Check{SHA: shaB, Request: 1, State: "success"}, ""},
		{"a build that a policy asks for", forge.Check{SHA: shaA, Request: 1, Policy: true, State: "success"}, "ci/build=success"},
		{"one that was rejected", forge.Check{SHA: shaA, Request: 1, Policy: true, State: "failure"}, "ci/build=failure"},
		{"one of another commit", forge.Check{SHA: shaB, Request: 1, Policy: true, State: "success"}, "ci/build=pending"},
		{"one that has expired", forge.Check{SHA: shaA, Request: 1, Policy: true, State: "success", Expired: true}, "ci/build=pending"},
		{"one of another request", forge.Check{SHA: shaA, Request: 2, Policy: true, State: "success"}, ""},
	} {
		t.Run(c.claim, func(t *testing.T) {
			f := forge.NewAzureDevOps(t)
			f.Open(forge.Request{SHA: shaA})
			c.check.Name = "ci/build"
			f.Check(c.check)
			if got := said(t, open(t, f, forge.Token), source.Item{ID: "1", SHA: shaA}, "ci/build"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestABuildOfBitbucketGoesByItsNameAndByItsKey(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *forge.Forge{"cloud": forge.NewBitbucketCloud, "server": forge.NewBitbucketServer} {
		f := start(t)
		f.Check(forge.Check{SHA: shaA, Name: "build", State: "success"})
		for _, wanted := range []string{"build", "key-build", "key-*"} {
			found, err := open(t, f, forge.Token).Checks(context.Background(), source.Item{ID: "1", SHA: shaA}, repo.Names{wanted})
			if err != nil || len(found) == 0 || !found[0].IsNamed(wanted) || string(found[0].State) != v1.CheckSuccess {
				t.Errorf("%s, %s: %+v, %v", name, wanted, found, err)
			}
		}
	}
}
