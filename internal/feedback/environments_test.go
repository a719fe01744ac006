package feedback

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// owns lets the set of a service own objects, by the input set that asked for each.
func (b *bench) owns(service string, entries ...v1.ResourceRef) {
	b.t.Helper()
	set := &v1.ResourceSet{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: service + "-pr-envs"}, set); err != nil {
		b.t.Fatal(err)
	}
	set.Status.Inventory = &v1.ResourceInventory{Entries: entries}
	if err := server.Client.Status().Update(context.Background(), set); err != nil {
		b.t.Fatal(err)
	}
}

// change changes what the provider of api tells.
func (b *bench) change(change func(told *v1.Feedback)) {
	b.t.Helper()
	provider := b.provider("api")
	change(provider.Spec.Feedback)
	if err := server.Client.Update(context.Background(), provider); err != nil {
		b.t.Fatal(err)
	}
}

func kustomization(name, input string) v1.ResourceRef {
	return v1.ResourceRef{ID: "app-dev_" + name + "_kustomize.toolkit.fluxcd.io_Kustomization", Version: "v1", Input: input}
}

func TestAnEnvironmentShowsWhatRunsInTheCluster(t *testing.T) {
	release := v1.ResourceRef{ID: "app-dev_api-1_helm.toolkit.fluxcd.io_HelmRelease", Version: "v2", Input: "api-prs/1"}
	for name, c := range map[string]struct {
		owns            []v1.ResourceRef
		namespace, path string
	}{
		"a Kustomization": {
			[]v1.ResourceRef{release, kustomization("api-pr-1", "api-prs/1"), kustomization("api-pr-2", "api-prs/2")},
			"app-dev", "kustomize.toolkit.fluxcd.io/v1/namespaces/app-dev/kustomizations/api-pr-1",
		},
		"a HelmRelease": {[]v1.ResourceRef{release}, "app-dev", "helm.toolkit.fluxcd.io/v2/namespaces/app-dev/helmreleases/api-1"},
		"a namespace of its own": {
			[]v1.ResourceRef{release, {ID: "_api-1__Namespace", Version: "v1", Input: "api-prs/1"}},
			"api-1", "helm.toolkit.fluxcd.io/v2/namespaces/app-dev/helmreleases/api-1",
		},
		"nothing of Flux": {[]v1.ResourceRef{{ID: "app-dev_api-1_apps_Deployment", Version: "v1", Input: "api-prs/1"}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, forge.NewGitLab(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled, GitLabAgentID: forge.GitLabAgent})
			b.owns("api", c.owns...)
			b.is("api", state{id: "1", sha: sha(1), ready: "Unknown"})
			b.settle("api", time.Minute)
			if all := b.f.Environments(); len(all) != 1 || all[0].Namespace != c.namespace || all[0].Flux != c.path || (all[0].Agent != 0) != (c.namespace != "") {
				t.Errorf("there are %+v, and %+v", all, b.condition())
			}
			asked := b.f.Asked()
			b.restart()
			b.settle("api", time.Hour)
			if b.f.Asked() != asked {
				t.Errorf("it is told again: %d requests", b.f.Asked()-asked)
			}
		})
	}
}

func TestAnAgentThatIsNotThereIsNamedAndKeepsNothingElseFromBeingTold(t *testing.T) {
	b := newBench(t, forge.NewGitLab(t))
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled, GitLabAgentID: 99})
	var entries []v1.ResourceRef
	var ready []state
	for n := range 8 {
		id := fmt.Sprint(b.f.Open(forge.Request{SHA: sha(n + 1)}))
		entries = append(entries, kustomization("api-pr-"+id, "api-prs/"+id))
		ready = append(ready, state{id: id, sha: sha(n + 1), ready: "True", url: previewURL})
	}
	b.owns("api", entries...)
	b.is("api", ready...)
	b.settle("api", 3*time.Minute)
	if got := b.condition(); got.Status != metav1.ConditionFalse || !strings.Contains(got.Message, "spec.feedback.gitlabAgentID 99") || !strings.Contains(got.Message, "cannot be associated") {
		t.Errorf("the condition is %+v", got)
	}
	for _, one := range b.f.Deployments() {
		if fmt.Sprint(one.States) != "[running success]" || one.URL != previewURL {
			t.Errorf("it is told %+v", one)
		}
	}
	b.change(func(told *v1.Feedback) { told.GitLabAgentID = forge.GitLabAgent })
	b.settle("api", time.Hour)
	for _, one := range b.f.Environments() {
		if one.Agent != forge.GitLabAgent {
			t.Errorf("with the right one there is %+v", one)
		}
	}
	if got := b.condition(); got.Status != metav1.ConditionTrue || len(b.f.Environments()) != 8 {
		t.Errorf("with the right one the condition is %+v", got)
	}
}

func TestWhatBecomesOfAnEnvironmentThatIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		retention string
		before    func(f *forge.Forge)
		left      []string // their states
		told      metav1.ConditionStatus
	}{
		"it stays by default":                  {"", nil, []string{"stopped"}, "True"},
		"it stays":                             {v1.RetentionKeep, nil, []string{"stopped"}, "True"},
		"it is deleted":                        {v1.RetentionDelete, nil, nil, "True"},
		"somebody has stopped it":              {v1.RetentionDelete, func(f *forge.Forge) { f.ChangeEnvironment(70, func(e *forge.Environment) { e.State = "stopped" }) }, nil, "True"},
		"it is being stopped":                  {v1.RetentionDelete, func(f *forge.Forge) { f.ChangeEnvironment(70, func(e *forge.Environment) { e.State = "stopping" }) }, nil, "True"},
		"somebody has deleted it":              {v1.RetentionDelete, func(f *forge.Forge) { f.DeleteEnvironment(70) }, nil, "True"},
		"somebody has deleted it that stays":   {"", func(f *forge.Forge) { f.DeleteEnvironment(70) }, nil, "True"},
		"it is not to be deleted for a while":  {v1.RetentionDelete, func(f *forge.Forge) { f.ChangeEnvironment(70, func(e *forge.Environment) { e.Busy = true }) }, []string{"stopped"}, "False"},
		"somebody deletes it at the same time": {v1.RetentionDelete, deletes, nil, "True"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, forge.NewGitLab(t))
			b.f.Open(forge.Request{})
			b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled, EnvironmentRetention: c.retention})
			b.is("api", state{id: "1", sha: sha(1), ready: "True", url: previewURL})
			b.settle("api", time.Minute)
			if c.before != nil {
				c.before(b.f)
			}
			b.is("api")
			b.settle("api", time.Minute)
			if got := b.condition(); got.Status != c.told || fmt.Sprint(environmentStates(b.f)) != fmt.Sprint(c.left) {
				t.Errorf("there are %v, and %+v", environmentStates(b.f), got)
			}
			if c.told == "True" {
				return
			}
			b.f.ChangeEnvironment(70, func(e *forge.Environment) { e.Busy = false })
			b.settle("api", time.Hour)
			if got := b.condition(); got.Status != "True" || len(b.f.Environments()) != 0 || len(b.provider("api").Status.Feedback) != 0 {
				t.Errorf("later there are %v, and %+v", environmentStates(b.f), got)
			}
		})
	}
}

// deletes lets somebody else be faster.
func deletes(f *forge.Forge) {
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodDelete {
			return false
		}
		go f.DeleteEnvironment(70)
		return forge.Status(http.StatusNotFound)(w, r)
	})
}

func environmentStates(f *forge.Forge) []string {
	var out []string
	for _, one := range f.Environments() {
		out = append(out, one.State)
	}
	return out
}

func TestARequestThatIsOpenedAgainStartsItsEnvironment(t *testing.T) {
	for _, retention := range []string{v1.RetentionKeep, v1.RetentionDelete} {
		b := newBench(t, forge.NewGitLab(t))
		b.f.Open(forge.Request{})
		b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled, EnvironmentRetention: retention})
		for _, is := range [][]state{{{id: "1", sha: sha(1), ready: "True", url: previewURL}}, nil, {{id: "1", sha: sha(1), ready: "True", url: previewURL}}} {
			b.is("api", is...)
			b.settle("api", time.Minute)
		}
		if got := fmt.Sprint(environmentStates(b.f)); got != "[available]" || b.condition().Status != metav1.ConditionTrue {
			t.Errorf("%s: there are %s, and %+v", retention, got, b.condition())
		}
	}
}

func TestAnEnvironmentThatAllHaveIsOverWithTheLast(t *testing.T) {
	b := newBench(t, forge.NewGitLab(t))
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled, Environment: "preview"})
	var open []state
	for n := range 3 {
		open = append(open, state{id: fmt.Sprint(b.f.Open(forge.Request{})), sha: sha(n + 1), ready: "True", url: previewURL})
	}
	for left := len(open); left >= 0; left-- {
		b.is("api", open[:left]...)
		b.settle("api", time.Hour)
		want := map[bool]string{true: "[available]", false: "[stopped]"}[left > 0]
		if got := fmt.Sprint(environmentStates(b.f)); got != want {
			t.Errorf("with %d left it is %s, want %s", left, got, want)
		}
	}
}

func TestAPreviewThatIsDeployedAnewAtTheSameCommitIsToldAsItIs(t *testing.T) {
	b := newBench(t, forge.NewGitLab(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled})
	for _, ready := range []metav1.ConditionStatus{"True", "Unknown", "True", "False", "Unknown", "True"} {
		b.is("api", state{id: "1", sha: sha(1), ready: ready, url: previewURL})
		b.settle("api", time.Hour)
		if got := b.condition(); got.Status != metav1.ConditionTrue {
			t.Fatalf("the condition is %+v", got)
		}
	}
	if got := fmt.Sprint(states(b.f)); got != "[[running success failed success]]" {
		t.Errorf("it is told %s", got)
	}
}

func TestAForkIsDeployedFromItsRequest(t *testing.T) {
	b := newBench(t, forge.NewGitLab(t))
	b.f.Open(forge.Request{Fork: true, Branch: "theirs"})
	b.watch("api", v1.Feedback{Deployment: v1.FeatureEnabled, Status: v1.FeatureEnabled})
	b.is("api", state{id: "1", sha: sha(1), ready: "True", url: previewURL, fork: true, branch: "theirs"})
	b.settle("api", time.Hour)
	got := b.condition()
	if all := b.f.Environments(); got.Status != metav1.ConditionTrue || len(all) != 1 || all[0].Deployments[0].Ref != "refs/merge-requests/1/head" {
		t.Errorf("there are %+v, and %+v", all, got)
	}
	if len(b.f.Statuses(sha(1))) != 0 || !strings.Contains(got.Message, "the commits of requests from forks (1) have no status") {
		t.Errorf("the statuses are %+v, and the condition says %s", b.f.Statuses(sha(1)), got.Message)
	}
}

func TestAForkThatWaitsHasNoStatusAtGitLabAndKeepsNobodyFromHavingOne(t *testing.T) {
	b := newBench(t, forge.NewGitLab(t))
	b.watch("api", v1.Feedback{})
	var all []state
	for n := range 5 {
		fork := n < 4
		id := fmt.Sprint(b.f.Open(forge.Request{Fork: fork, SHA: sha(n + 1)}))
		all = append(all, state{id: id, sha: sha(n + 1), held: v1.HeldWaitingForApproval, fork: fork})
	}
	b.is("api", all...)
	b.settle("api", time.Hour)
	if got := b.condition(); got.Status != metav1.ConditionTrue || !strings.Contains(got.Message, "the commits of requests from forks (4) have no status") {
		t.Errorf("the condition is %+v", got)
	}
	if len(b.f.Statuses(sha(5))) != 1 || len(b.f.Comments(1)) != 1 {
		t.Errorf("the other one is told %+v, and the first of the forks %+v", b.f.Statuses(sha(5)), b.f.Comments(1))
	}
}
