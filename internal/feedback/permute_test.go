package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// permute makes the provider api-prs, and a set that combines its requests with regions.
func (b *bench) permute(told v1.Feedback) {
	b.t.Helper()
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "api-prs"},
		Spec:       v1.ResourceSetInputProviderSpec{Type: b.f.Type, URL: b.f.URL, SecretRef: &meta.LocalObjectReference{Name: "login"}, Feedback: &told},
	})
	var inputs []v1.ResourceSetInput
	for _, region := range []string{`"eu"`, `"us"`} {
		inputs = append(inputs, v1.ResourceSetInput{"id": &apiextensionsv1.JSON{Raw: []byte(region)}})
	}
	b.create(&v1.ResourceSet{
		ObjectMeta: metav1.ObjectMeta{Name: "regions"},
		Spec: v1.ResourceSetSpec{
			InputStrategy: &v1.InputStrategySpec{Name: v1.InputStrategyPermute}, Inputs: inputs, Readiness: &v1.Readiness{},
			Resources:  []*apiextensionsv1.JSON{{Raw: []byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}`)}},
			InputsFrom: []v1.InputProviderReference{{Kind: v1.ResourceSetInputProviderKind, Name: "api-prs"}},
		},
	})
}

// inRegions lets request 1 be exported at a commit, and its previews be as they are, one
// for each region, in their order; none when it is closed.
func (b *bench) inRegions(exported string, previews ...v1.PreviewStatus) {
	b.t.Helper()
	write := func() error {
		provider, set := b.provider("api"), &v1.ResourceSet{}
		if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: "regions"}, set); err != nil {
			b.t.Fatal(err)
		}
		provider.Status.ExportedInputs, provider.Status.LastExportedRevision = nil, "sha256:0"
		if exported != "" {
			raw, err := json.Marshal(exported)
			if err != nil {
				b.t.Fatal(err)
			}
			provider.Status.ExportedInputs = []v1.ResourceSetInput{{"id": &apiextensionsv1.JSON{Raw: []byte(`"1"`)}, "sha": &apiextensionsv1.JSON{Raw: raw}}}
		}
		set.Status.Previews = nil
		for n, one := range previews {
			one.ID, one.Provider = fmt.Sprint(81+n), fmt.Sprintf("regions=%s/api-prs=1", []string{"eu", "us"}[n])
			one.Reason, one.LastTransitionTime = map[metav1.ConditionStatus]string{"True": "ReconciliationSucceeded", "False": v1.ReasonRolloutFailed, "Unknown": v1.ReasonDeploying}[one.Ready], metav1.NewTime(b.now)
			set.Status.Previews = append(set.Status.Previews, one)
		}
		for _, object := range []client.Object{provider, set} {
			if err := server.Client.Status().Update(context.Background(), object); err != nil {
				return err
			}
		}
		return nil
	}
	if err := retry.RetryOnConflict(retry.DefaultBackoff, write); err != nil {
		b.t.Fatal(err)
	}
	b.now = b.now.Add(time.Second)
}

func TestAPermutationIsReadyAtACommitOnceItIsDeployed(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{})
	b.permute(v1.Feedback{Deployment: v1.FeatureEnabled})
	at := func(n int) v1.PreviewStatus {
		return v1.PreviewStatus{Ready: "True", SHA: sha(n), URL: previewURL}
	}
	b.inRegions(sha(1), at(1))
	b.settle("api", time.Minute)
	b.inRegions(sha(2), at(1))
	b.settle("api", time.Minute)
	if all := b.f.Statuses(sha(2)); len(all) != 1 || all[0].State != "pending" {
		t.Errorf("before the commit is deployed it is told %+v", all)
	}
	if text := b.f.Comments(1)[0].Text; !strings.Contains(text, "ready, at an older commit") || len(b.f.Deployments()) != 1 {
		t.Errorf("it is told %+v, and\n%s", b.f.Deployments(), text)
	}
	b.inRegions(sha(2), at(2))
	b.settle("api", time.Minute)
	if all := b.f.Statuses(sha(2)); len(all) != 2 || all[1].State != "success" {
		t.Errorf("once the commit is deployed it is told %+v", all)
	}
}

func TestEachPermutationOfARequestHasAStatusAndADeploymentOfItsOwn(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *forge.Forge{"GitHub": forge.NewGitHub, "GitLab": forge.NewGitLab} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, start(t))
			b.f.Open(forge.Request{SHA: sha(1)})
			b.permute(v1.Feedback{Deployment: v1.FeatureEnabled, Status: v1.FeatureEnabled})
			b.inRegions(sha(1), v1.PreviewStatus{Ready: "False", SHA: sha(1)}, v1.PreviewStatus{Ready: "True", SHA: sha(1), URL: previewURL})
			b.settle("api", time.Minute)
			asked := b.f.Asked()
			b.settle("api", time.Hour)
			b.run("api")
			if b.f.Asked() != asked {
				t.Errorf("it is told again and again: %d requests", b.f.Asked()-asked)
			}
			said := map[string]string{}
			for _, one := range b.f.Statuses(sha(1)) {
				said[one.Name] = one.State
			}
			if got := fmt.Sprint(said); !strings.HasPrefix(got, "map[preview/regions-81:fail") || !strings.HasSuffix(got, " preview/regions-82:success]") || len(b.f.Statuses(sha(1))) != 2 {
				t.Errorf("the statuses are %s", got)
			}
			if all := b.f.Deployments(); len(all) != 2 {
				t.Errorf("the deployments are %+v", all)
			}
			if text := b.f.Comments(1)[0].Text; !strings.Contains(text, "| regions-81 | Failed |") || !strings.Contains(text, "| regions-82 | Ready |") {
				t.Errorf("it says\n%s", text)
			}
			b.inRegions("")
			b.settle("api", time.Hour)
			for _, one := range b.f.Deployments() {
				if last := one.States[len(one.States)-1]; name == "GitHub" && last != "inactive" {
					t.Errorf("once it is closed there is %+v", one)
				}
			}
			for _, one := range b.f.Environments() {
				if one.State != "stopped" {
					t.Errorf("once it is closed there is %+v", one)
				}
			}
			if text := b.f.Comments(1)[0].Text; !strings.Contains(text, "## Previews: 2 of 2 removed") || !strings.Contains(text, "| regions-81 | Removed |") {
				t.Errorf("once it is closed it says\n%s", text)
			}
		})
	}
}

func TestARequestThatWaitsToBePermutedHasNoStatusThatNothingEnds(t *testing.T) {
	b := newBench(t, forge.NewGitHub(t))
	b.f.Open(forge.Request{SHA: sha(1)})
	b.permute(v1.Feedback{Status: v1.FeatureEnabled})
	b.inRegions("")
	provider := b.provider("api")
	provider.Status.Held = []v1.HeldRequest{{ID: "1", SHA: sha(1), Reason: v1.HeldLabelMissing, Message: "waits for something", Since: metav1.NewTime(b.now)}}
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.settle("api", time.Minute)
	if text := b.f.Comments(1)[0].Text; !strings.Contains(text, "## Preview: waiting for label") || len(b.f.Statuses(sha(1))) != 0 {
		t.Errorf("while it waits it has the statuses %+v, and\n%s", b.f.Statuses(sha(1)), text)
	}
	provider = b.provider("api")
	provider.Status.Held = nil
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.inRegions(sha(1), v1.PreviewStatus{Ready: "True", SHA: sha(1)}, v1.PreviewStatus{Ready: "True", SHA: sha(1)})
	b.settle("api", time.Hour)
	for _, one := range b.f.Statuses(sha(1)) {
		if one.State != "success" {
			t.Errorf("once all are ready there is %+v", one)
		}
	}
}
