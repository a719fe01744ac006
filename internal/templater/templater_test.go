package templater

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// perInput is a set that makes a ConfigMap for each input of the provider "prs".
const perInput = `
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: api-<< inputs.id >>, namespace: NS}
  data: {sha: "<< inputs.sha >>", title: "<< inputs.title >>"}
`

func TestASetIsStampedOutOnceForEachInput(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2", "3")
	b.set(perInput)
	set := b.run()
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "Reconciliation finished in")
	if got := b.configMaps(); got != "api-1 api-2 api-3" {
		t.Fatalf("there are %q", got)
	}
	if n := len(set.Status.Inventory.Entries); n != 3 {
		t.Errorf("the inventory has %d entries", n)
	}
	latest := set.Status.History.Latest()
	if latest == nil || latest.Metadata["inputs"] != "3" || latest.Metadata["resources"] != "3" || latest.Digest != set.Status.LastAppliedRevision {
		t.Errorf("the history's latest is %+v", latest)
	}
	b.wantEvent("ConfigMap/" + b.namespace + "/api-1 created")
}

func TestAnInputThatGoesTakesItsObjectsWithIt(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(perInput)
	b.run()
	b.export("prs", "2")
	set := b.run()
	if got := b.configMaps(); got != "api-2" {
		t.Fatalf("there are %q", got)
	}
	if n := len(set.Status.Inventory.Entries); n != 1 {
		t.Errorf("the inventory has %d entries", n)
	}
	b.export("prs")
	set = b.run()
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := b.configMaps(); got != "" || set.Status.Inventory != nil {
		t.Errorf("there are %q and the inventory is %v", got, set.Status.Inventory)
	}
}

func TestWithoutNewsNothingIsWritten(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(perInput)
	before := b.run().ResourceVersion
	if after := b.run().ResourceVersion; after != before {
		t.Errorf("the resource version went from %s to %s", before, after)
	}
}

func TestARequestedRunIsAcknowledged(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(perInput)
	set := b.run()
	set.Annotations = map[string]string{meta.ReconcileRequestAnnotation: "now"}
	if err := server.Client.Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	set = b.run()
	if set.Status.LastHandledReconcileAt != "now" {
		t.Errorf("handled %q", set.Status.LastHandledReconcileAt)
	}
	if latest := set.Status.History.Latest(); latest.TotalReconciliations != 2 {
		t.Errorf("the history counts %d runs, want 2", latest.TotalReconciliations)
	}
}

func TestOneBrokenPreviewHoldsUpNobodyAndKeepsWhatItHad(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(perInput)
	b.run()
	b.exportInputs("prs", []v1.ResourceSetInput{
		{"id": text("2"), "sha": text("b")}, // has no title
		{"id": text("3"), "sha": text("c"), "title": text("c")},
	})
	set := b.run()
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonPreviewsFailed, `1 of 2 previews failed and keep what they had`)
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonPreviewsFailed, `title`)
	if got := b.configMaps(); got != "api-2 api-3" {
		t.Errorf("there are %q: 1 should be gone, 2 kept, 3 new", got)
	}
	b.wantEvent(v1.ReasonPreviewsFailed)
}

func TestAnObjectThatTheServerRefusesFailsItsPreviewAlone(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "Not_A_Name")
	b.set(perInput)
	set := b.run()
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonPreviewsFailed, "api-Not_A_Name")
	if got := b.configMaps(); got != "api-1" {
		t.Errorf("there are %q", got)
	}
}

func TestATemplateThatCannotBeParsedStallsTheSet(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(strings.Replace(perInput, "inputs.sha >>", "inputs.sha | frobnicate >>", 1))
	set := b.run()
	b.wantReady(set, metav1.ConditionFalse, meta.BuildFailedReason, `"frobnicate" not defined`)
	if !conditions.IsStalled(set) {
		t.Error("the set is not stalled")
	}
	b.wantEvent("frobnicate")
}

func TestAResourceWithoutAKindOrANameIsNamed(t *testing.T) {
	for field, resource := range map[string]string{
		"kind": "{apiVersion: v1, metadata: {name: a, namespace: NS}}",
		"name": "{apiVersion: v1, kind: ConfigMap, metadata: {namespace: NS}}",
	} {
		b := newBench(t)
		b.set("resources: [" + resource + "]")
		set := b.run()
		b.wantReady(set, metav1.ConditionFalse, meta.BuildFailedReason, "spec.resources[0]")
		b.wantReady(set, metav1.ConditionFalse, meta.BuildFailedReason, field)
	}
}

func TestAProviderThatHasNeverReportedDeletesNothing(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(perInput)
	b.run()
	if err := server.Client.Delete(context.Background(), &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace}}); err != nil {
		t.Fatal(err)
	}
	b.wantReady(b.run(), metav1.ConditionFalse, meta.BuildFailedReason, "there is no ResourceSetInputProvider "+b.namespace+"/prs")

	again := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic},
	}
	if err := server.Client.Create(context.Background(), again); err != nil {
		t.Fatal(err)
	}
	b.wantReady(b.run(), metav1.ConditionUnknown, v1.ReasonInputsNotReady, "prs")
	if got := b.configMaps(); got != "api-1 api-2" {
		t.Fatalf("there are %q", got)
	}
	b.export("prs", "2")
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := b.configMaps(); got != "api-2" {
		t.Errorf("there are %q", got)
	}
}

func TestProvidersAreSelectedByLabel(t *testing.T) {
	b := newBench(t)
	b.provider("web", "1")
	b.provider("api", "2")
	provider := &v1.ResourceSetInputProvider{}
	if err := server.Client.Get(context.Background(), b.key("api"), provider); err != nil {
		t.Fatal(err)
	}
	provider.Labels = map[string]string{"previews": "yes"}
	if err := server.Client.Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.set(strings.Replace(perInput, "name: prs", "selector: {matchLabels: {previews: 'yes'}}", 1))
	b.run()
	if got := b.configMaps(); got != "api-2" {
		t.Errorf("there are %q", got)
	}
}

func TestASuspendedSetIsLeftAlone(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(perInput, v1.ReconcileAnnotation+"=Disabled")
	set := b.run()
	b.wantReady(set, metav1.ConditionTrue, v1.ReasonReconciliationDisabled, "Initialized with reconciliation suspended")
	b.wantEvent("Reconciliation is disabled")
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
}

func TestADependencyHoldsTheSetUp(t *testing.T) {
	b := newBench(t)
	b.set(`
dependsOn: [{apiVersion: v1, kind: ConfigMap, name: shared, namespace: NS, ready: true, readyExpr: "data.ready == 'yes'"}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS}}]
`)
	b.wantReady(b.run(), metav1.ConditionFalse, meta.DependencyNotReadyReason, "/shared does not exist")
	shared := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "shared", Namespace: b.namespace}, Data: map[string]string{"ready": "no"}}
	if err := server.Client.Create(context.Background(), shared); err != nil {
		t.Fatal(err)
	}
	b.wantReady(b.run(), metav1.ConditionFalse, meta.DependencyNotReadyReason, "its ready expression is false")
	shared.Data["ready"] = "yes"
	if err := server.Client.Update(context.Background(), shared); err != nil {
		t.Fatal(err)
	}
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := b.configMaps(); got != "one" {
		t.Errorf("there are %q", got)
	}
}

func TestABadReadyExpressionStallsTheSet(t *testing.T) {
	b := newBench(t)
	b.set(`
dependsOn: [{apiVersion: v1, kind: ConfigMap, name: shared, ready: true, readyExpr: "data.("}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS}}]
`)
	b.wantReady(b.run(), metav1.ConditionFalse, meta.InvalidCELExpressionReason, "spec.dependsOn[0].readyExpr")
}

func TestAStepThatDoesNotGetReadyHoldsBackTheNext(t *testing.T) {
	b := newBench(t)
	b.set(`
steps:
- name: first
  timeout: 1s
  resources:
  - {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: never, namespace: NS}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
- name: second
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: two, namespace: NS}}]
`)
	b.wantReady(b.run(), metav1.ConditionUnknown, meta.ProgressingReason, `step "first" (1 of 2): PersistentVolumeClaim/`+b.namespace+"/never is not ready")
	b.later(2 * time.Second)
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "it had 1s to get ready")
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
}

func TestWaitingForHealthNamesWhatIsNotReady(t *testing.T) {
	b := newBench(t)
	b.set(`
wait: true
resources:
- {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: never, namespace: NS}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
`, v1.ReconcileTimeoutAnnotation+"=1s")
	b.wantReady(b.run(), metav1.ConditionUnknown, meta.ProgressingReason, "PersistentVolumeClaim/"+b.namespace+"/never")
	b.later(2 * time.Second)
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "PersistentVolumeClaim/"+b.namespace+"/never")
}

func TestTheSetsAccountIsImpersonated(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(perInput + "\nserviceAccountName: tenant\n")
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonPreviewsFailed, "system:serviceaccount:"+b.namespace+":tenant")
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
}

func TestTheCommonMetadataIsOnEveryObjectAndTheOwnerLabelsWin(t *testing.T) {
	b := newBench(t)
	b.set(`
commonMetadata: {labels: {team: api, resourceset.fluxcd.controlplane.io/name: intruder}, annotations: {note: hi}}
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS}}]
`)
	b.run()
	found := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: "one"}, found); err != nil {
		t.Fatal(err)
	}
	if found.Labels["team"] != "api" || found.Annotations["note"] != "hi" || found.Labels["resourceset.fluxcd.controlplane.io/name"] != "previews" {
		t.Errorf("labels %v, annotations %v", found.Labels, found.Annotations)
	}
}

func TestAPreviewThatFailsInAStepHoldsUpNobodyInTheNext(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "Not_A_Name")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
steps:
- {name: first, resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: first-<< inputs.id >>, namespace: NS}}]}
- {name: second, resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: second-<< inputs.sha >>, namespace: NS}}]}
`)
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonPreviewsFailed, "first-Not_A_Name")
	if got := b.configMaps(); got != "first-1 second-c0ffee1" {
		t.Errorf("there are %q", got)
	}
}

func TestWhatIsUnwantedGoesBeforeTheHealthOfTheRestIsWaitedFor(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(perInput+`
- {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: never, namespace: NS}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
wait: true
`, v1.ReconcileTimeoutAnnotation+"=1s")
	b.run()
	b.export("prs", "2")
	b.wantReady(b.run(), metav1.ConditionUnknown, meta.ProgressingReason, "PersistentVolumeClaim")
	if got := b.configMaps(); got != "api-2" {
		t.Errorf("there are %q", got)
	}
}
