package templater

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// deploysApps is a set whose previews are Kustomizations, and that asks whether what
// they deploy runs.
const deploysApps = `
readiness: {}
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: "api-<< inputs.id >>", namespace: NS}
  spec: {interval: 1h, prune: true, path: "./<< inputs.sha >>", sourceRef: {kind: GitRepository, name: fleet}}
`

// store creates or replaces an object with its status, as controllers would.
func (b *bench) store(document string) {
	b.t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(document, "NS", b.namespace)), &object.Object); err != nil {
		b.t.Fatal(err)
	}
	object.SetNamespace(b.namespace)
	status, ctx := object.Object["status"], context.Background()
	found := object.DeepCopy()
	if err := server.Client.Get(ctx, client.ObjectKeyFromObject(object), found); err != nil {
		found = object.DeepCopy()
		b.create(found)
	}
	found.Object["status"] = status
	if err := server.Client.Status().Update(ctx, found); err != nil {
		b.t.Fatal(err)
	}
}

// deployed lets Flux have deployed what is asked for now, a Deployment each.
func (b *bench) deployed(ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		is := b.object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "api-"+id)
		b.store(fmt.Sprintf(`{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: api-%s}, status: {observedGeneration: %d,
  conditions: [{type: Ready, status: "True", reason: ReconciliationSucceeded, message: done, lastTransitionTime: "2026-03-01T10:00:00Z"}],
  inventory: {entries: [{id: NS_api-%s_apps_Deployment, v: v1}]}}}`, id, is.GetGeneration(), id))
	}
}

// workload stores the Deployment of a preview with a status.
func (b *bench) workload(id, status string) {
	b.t.Helper()
	b.store(fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: api-%s, labels: {app: x}},
  spec: {replicas: 1, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: app, image: "i:1"}]}}}, status: %s}`, id, status))
}

const (
	runs   = `{observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, conditions: [{type: Available, status: "True"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}`
	starts = `{observedGeneration: 1, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1, conditions: [{type: Available, status: "False"}]}`
)

// fails adds a pod of a Deployment whose image is not there.
func (b *bench) fails(id string) {
	b.t.Helper()
	owner := b.object("apps/v1", "Deployment", "api-"+id)
	b.store(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: api-%s-x, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api-%s, uid: %s}]},
  spec: {containers: [{name: app, image: "i:1"}]}, status: {phase: Pending, containerStatuses: [{name: app, image: "i:1", imageID: "", ready: false, restartCount: 0,
  state: {waiting: {reason: ImagePullBackOff, message: "not found"}}}]}}`, id, id, owner.GetUID()))
}

// preview writes how the only preview of a set is.
func preview1(set *v1.ResourceSet) string {
	p := set.Status.Previews[0]
	return fmt.Sprintf("%s %s %s (ready at %s): %s", p.Ready, p.Reason, p.SHA, p.ReadySHA, p.Message)
}

func (b *bench) wantPreview(want string) *v1.ResourceSet {
	b.t.Helper()
	set := b.run()
	if got := preview1(set); got != want {
		b.t.Fatalf("the preview is\n%s\nwant\n%s", got, want)
	}
	return set
}

func TestAPreviewIsReadyOnceWhatItDeployedRuns(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(deploysApps)
	set := b.wantPreview("Unknown Deploying c0ffee1 (ready at ): Kustomization/api-1: not reconciled yet")
	b.wantReady(set, metav1.ConditionTrue, "ReconciliationSucceeded", "1 of 1 previews are applied and not ready: prs/1: Kustomization/api-1: not reconciled yet")
	b.workload("1", starts)
	b.deployed("1")
	b.wantPreview("Unknown Deploying c0ffee1 (ready at ): Deployment/api-1: Available: 0/1")
	b.fails("1")
	b.wantPreview("False RolloutFailed c0ffee1 (ready at ): Pod/api-1-x: image not found: i:1 (container app)")
	b.workload("1", runs)
	set = b.wantPreview("True ReconciliationSucceeded c0ffee1 (ready at c0ffee1): ")
	if got := *set.Status.PreviewCounts; got.Ready != 1 || got.Total != 1 {
		t.Errorf("the counts are %+v", got)
	}
	b.exportInputs("prs", []v1.ResourceSetInput{{"id": text("1"), "sha": text("c0ffee2")}})
	b.wantPreview("Unknown Deploying c0ffee2 (ready at c0ffee1): Kustomization/api-1: Kustomization generation is 2, but latest observed generation is 1")
	b.deployed("1")
	b.wantPreview("True ReconciliationSucceeded c0ffee2 (ready at c0ffee2): ")
}

func TestWhatFluxCannotDeployIsNotReady(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(deploysApps)
	b.run()
	b.store(`{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: api-1}, status: {observedGeneration: 1,
  conditions: [{type: Ready, status: "False", reason: BuildFailed, message: no such path, lastTransitionTime: "2026-03-01T10:00:00Z"}]}}`)
	b.wantPreview("False DeployFailed c0ffee1 (ready at ): Kustomization/api-1: no such path")
}

func TestWithoutReadinessAPreviewIsReadyOnceItIsApplied(t *testing.T) {
	for change, readySHA := range map[string]string{"": "", "readiness: {workloads: Disabled}": "c0ffee1"} {
		b := newBench(t)
		b.provider("prs", "1")
		b.set(strings.Replace(deploysApps, "readiness: {}", change, 1))
		b.wantPreview("True ReconciliationSucceeded c0ffee1 (ready at " + readySHA + "): ")
	}
}

func TestAPreviewThatDoesNotGetReadyWithinItsTimeHasFailedUntilItIs(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(strings.Replace(deploysApps, "readiness: {}", "readiness: {within: 2m}", 1))
	b.run()
	b.workload("1", starts)
	b.deployed("1")
	b.wantPreview("Unknown Deploying c0ffee1 (ready at ): Deployment/api-1: Available: 0/1")
	b.later(3 * time.Minute)
	b.wantPreview("False RolloutFailed c0ffee1 (ready at ): Deployment/api-1: Available: 0/1; it had 2m0s to get ready")
	b.workload("1", runs)
	b.wantPreview("True ReconciliationSucceeded c0ffee1 (ready at c0ffee1): ")
}

func TestPreviewsThatRunCostNothingAndARestartChangesNothing(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2", "3")
	b.set(deploysApps)
	b.run()
	for _, id := range []string{"1", "2", "3"} {
		b.workload(id, runs)
	}
	b.workload("3", starts)
	b.fails("3")
	b.deployed("1", "2", "3")
	first := b.run()
	if got := previewLines(first); strings.Count(got, " True ") != 2 || strings.Count(got, " False RolloutFailed ") != 1 {
		t.Fatalf("the previews are\n%s", got)
	}
	b.restart()
	if again := b.run(); again.ResourceVersion != first.ResourceVersion {
		t.Errorf("a restart changes the status from\n%s\nto\n%s", previewLines(first), previewLines(again))
	}
	b.workload("3", runs)
	b.run()
	counts := b.count()
	b.run()
	if counts["GET kustomizations"] > 1 || counts["GET deployments"]+counts["GET pods"] > 0 { // what is owned is listed without a watch
		t.Errorf("asked is %v, and nothing has happened", counts)
	}
}

func TestWhatTheAccountMayNotSeeIsHeldAgainstNobody(t *testing.T) {
	b := newBench(t)
	b.account("blind", rbacv1.PolicyRule{APIGroups: []string{"kustomize.toolkit.fluxcd.io"}, Resources: []string{"*"}, Verbs: []string{"*"}})
	b.provider("prs", "1")
	b.set("serviceAccountName: blind\n" + deploysApps)
	b.run()
	b.workload("1", starts)
	b.deployed("1")
	set := b.run()
	if got := preview1(set); !strings.HasPrefix(got, "True ReconciliationSucceeded c0ffee1 (ready at c0ffee1): not all of what it deployed is seen: ") || !strings.Contains(got, `cannot list resource "deployments"`) {
		t.Errorf("the preview is %s", got)
	}
	if again := b.run(); again.ResourceVersion != set.ResourceVersion {
		t.Errorf("the same again is written: %s", preview1(again))
	}
}

func TestNewsOfAPreviewThatIsStoppedIsLookedAtOnceItIsNot(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(deploysApps)
	b.run()
	b.workload("1", runs)
	b.deployed("1")
	b.wantPreview("True ReconciliationSucceeded c0ffee1 (ready at c0ffee1): ")

	b.pulse = deaf()
	b.pulse.disturbed[b.key("previews")] = map[string]bool{"prs/1": true}
	b.workload("1", starts)
	path := client.RawPatch(types.MergePatchType, []byte(`{"spec": {"path": "./other"}}`))
	if err := server.Client.Patch(context.Background(), b.object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "api-1"), path); err != nil {
		t.Fatal(err)
	}
	b.counter.down = "/kustomizations/api-1"
	if line := preview1(b.run()); strings.HasPrefix(line, "True") {
		t.Fatalf("it was applied: %s", line)
	}
	b.counter.down = ""
	b.later(time.Minute)
	b.deployed("1")
	b.run()
	b.deployed("1")
	b.wantPreview("Unknown Deploying c0ffee1 (ready at c0ffee1): Deployment/api-1: Available: 0/1")
}

// deaf is a pulse whose watches are begun by nobody.
func deaf() *pulse {
	p := &pulse{
		watched: map[schema.GroupKind]bool{}, members: map[types.NamespacedName]map[object.Ref]string{},
		disturbed: map[types.NamespacedName]map[string]bool{}, heard: map[types.NamespacedName]map[object.Ref]bool{},
	}
	for _, kind := range pulsing() {
		p.watched[kind.GroupKind()] = true
	}
	return p
}

func TestNewsOfWhatIsFoundToBelongToAPreviewWakesItsSet(t *testing.T) {
	set := types.NamespacedName{Namespace: "apps", Name: "previews"}
	workload := object.Ref{Group: "apps", Kind: "Deployment", Namespace: "apps", Name: "api-1"}
	members := map[string][]object.Ref{"prs/1": {workload}}
	woken := 0
	p := deaf()
	p.wake = func(types.NamespacedName) { woken++ }
	changes := func() {
		p.changed(workload.GroupKind(), types.NamespacedName{Namespace: workload.Namespace, Name: workload.Name})
	}
	changes() // nobody's
	p.begin(set)
	changes()
	p.follow(t.Context(), set, members)
	if disturbed := p.begin(set); woken != 1 || !disturbed["prs/1"] {
		t.Errorf("the set was woken %d times, for %v", woken, disturbed)
	}
	changes()
	p.follow(t.Context(), set, members)
	if woken != 2 {
		t.Errorf("of what belongs to it already, the set was woken %d times", woken-1)
	}
	if p.begin(set); len(p.heard[set]) > 0 {
		t.Errorf("it is still heard of %v", p.heard[set])
	}
}
