package templater

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// previewLines writes previews for a comparison: provider/id, ready, reason, objects,
// commit and URL.
func previewLines(set *v1.ResourceSet) string {
	var out []string
	for _, p := range set.Status.Previews {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s/%s %s %s %d %s %s", p.Provider, p.ID, p.Ready, p.Reason, p.Objects, p.SHA, p.URL)))
	}
	return strings.Join(out, "\n")
}

func wantPreviews(t *testing.T, set *v1.ResourceSet, want ...string) {
	t.Helper()
	if got := previewLines(set); got != strings.Join(want, "\n") {
		t.Errorf("the previews are\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestTheStatusHasALineForEachPreview(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "Not_A_Name", "3")
	b.set(perInput)
	set := b.run()
	wantPreviews(t, set,
		"prs/1 True ReconciliationSucceeded 1 c0ffee1",
		"prs/Not_A_Name False ReconciliationFailed 1 c0ffeeNot_A_Name",
		"prs/3 True ReconciliationSucceeded 1 c0ffee3")
	if got := *set.Status.PreviewCounts; got != (v1.PreviewCounts{Total: 3, Ready: 2, Failed: 1, Listed: 3}) {
		t.Errorf("the counts are %+v", got)
	}
	if got := set.Status.Previews[1].Message; !strings.Contains(got, "api-Not_A_Name") || !strings.Contains(got, "slugify") {
		t.Errorf("the message is %q", got)
	}
	if set.Status.Previews[0].Revision == set.Status.Previews[2].Revision || set.Status.Previews[0].LastTransitionTime.IsZero() {
		t.Errorf("the previews are %+v", set.Status.Previews)
	}
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonPreviewsFailed, "1 of 3 previews failed and keep what they had: prs/Not_A_Name: ConfigMap/")
}

func TestAPreviewThatFailsTellsWhatItKeeps(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(strings.ReplaceAll(perInput, "<< inputs.title >>", `<< if eq inputs.title \"bad\" >><< fail \"no\" >><< end >>x`))
	first := b.run().Status.Previews[0]
	b.exportInputs("prs", []v1.ResourceSetInput{{"id": text("1"), "sha": text("c0ffee2"), "title": text("bad")}})
	now := b.run().Status.Previews[0]
	if now.Ready != metav1.ConditionFalse || now.Reason != meta.BuildFailedReason || now.Objects != 1 || now.Revision != first.Revision {
		t.Errorf("the preview is %+v, and was %+v", now, first)
	}
}

func TestASetWithoutInputsHasNoPreviews(t *testing.T) {
	b := newBench(t)
	b.set(`resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS}}]`)
	if set := b.run(); set.Status.Previews != nil || set.Status.PreviewCounts != nil {
		t.Errorf("the previews are %+v", set.Status.Previews)
	}
}

func TestASlowPreviewHoldsUpNobody(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	// A PersistentVolumeClaim is never bound here; a ConfigMap is ready at once.
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
wait: true
steps:
- name: storage
  timeout: 1m
  resourcesTemplate: |
    apiVersion: v1
    kind: << if eq inputs.id "1" >>PersistentVolumeClaim<< else >>ConfigMap<< end >>
    metadata: {name: storage-<< inputs.id >>, namespace: NS}
    << if eq inputs.id "1" >>spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}<< end >>
- name: app
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NS}}]
`)
	set := b.run()
	if got := b.configMaps(); got != "app-2 storage-2" {
		t.Errorf("there are %q", got)
	}
	wantPreviews(t, set, "prs/1 Unknown Progressing 2 c0ffee1", "prs/2 True ReconciliationSucceeded 2 c0ffee2")
	b.wantReady(set, metav1.ConditionUnknown, meta.ProgressingReason, `1 of 2 previews not ready yet: prs/1: step "storage" (1 of 2): PersistentVolumeClaim/`)

	b.later(2 * time.Minute)
	set = b.run()
	wantPreviews(t, set, "prs/1 False HealthCheckFailed 2 c0ffee1", "prs/2 True ReconciliationSucceeded 2 c0ffee2")

	b.bind("storage-1")
	set = b.run()
	wantPreviews(t, set, "prs/1 True ReconciliationSucceeded 2 c0ffee1", "prs/2 True ReconciliationSucceeded 2 c0ffee2")
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := b.configMaps(); got != "app-1 app-2 storage-2" {
		t.Errorf("there are %q", got)
	}
}

// bind does what a storage controller does.
func (b *bench) bind(claim string) {
	b.t.Helper()
	found := b.object("v1", "PersistentVolumeClaim", claim)
	if err := unstructured.SetNestedField(found.Object, "Bound", "status", "phase"); err != nil {
		b.t.Fatal(err)
	}
	if err := server.Client.Status().Update(context.Background(), found); err != nil {
		b.t.Fatal(err)
	}
}

// object reads an object of the bench's namespace.
func (b *bench) object(apiVersion, kind, name string) *unstructured.Unstructured {
	b.t.Helper()
	found := &unstructured.Unstructured{}
	found.SetAPIVersion(apiVersion)
	found.SetKind(kind)
	if err := server.Client.Get(context.Background(), b.key(name), found); err != nil {
		b.t.Fatal(err)
	}
	return found
}

func TestASharedObjectThatIsNotReadyHoldsBackAllThatShareIt(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
steps:
- name: shared
  resources: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: shared, namespace: NS}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
- name: app
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NS}}]
`)
	set := b.run()
	wantPreviews(t, set, "prs/1 Unknown Progressing 2 c0ffee1", "prs/2 Unknown Progressing 2 c0ffee2")
	b.bind("shared")
	b.run()
	if got := b.configMaps(); got != "app-1 app-2" {
		t.Errorf("there are %q", got)
	}
}

func TestAPreviewThatCannotBeAppliedIsTriedAgainWithABackoffOfItsOwn(t *testing.T) {
	b := newBench(t)
	b.Backoff = Backoff{Min: time.Minute, Max: time.Hour}
	b.provider("prs", "1", "2")
	b.set(strings.ReplaceAll(perInput, "namespace: NS", `namespace: '<< if eq inputs.id "2" >>NS-later<< else >>NS<< end >>'`))
	b.run()
	b.export("prs", "1", "2", "3") // a run for another's sake
	counted := b.count()
	wantPreviews(t, b.run(),
		"prs/1 True ReconciliationSucceeded 1 c0ffee1",
		"prs/2 False ReconciliationFailed 1 c0ffee2",
		"prs/3 True ReconciliationSucceeded 1 c0ffee3")
	if got := counted["PATCH configmaps"]; got != 1 {
		t.Errorf("%d objects were written, want the new one alone", got)
	}

	later := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: b.namespace + "-later"}}
	if err := server.Client.Create(context.Background(), later); err != nil {
		t.Fatal(err)
	}
	b.later(61 * time.Second)
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
}

func TestWhatDoesNotFitIntoTheStatusIsCounted(t *testing.T) {
	r := (&Reconciler{Now: time.Now}).newRun(&v1.ResourceSet{})
	var previews []v1.PreviewStatus
	for n := range 20000 {
		one := v1.PreviewStatus{ID: fmt.Sprint(n), Provider: "prs", Ready: metav1.ConditionTrue, Reason: "ReconciliationSucceeded", Revision: strings.Repeat("x", 71)}
		if n%1000 == 999 {
			one.Ready, one.Message = metav1.ConditionFalse, strings.Repeat("m", maxWords)
		}
		previews = append(previews, one)
	}
	kept := r.fitting(previews)
	if bytes := size(kept); bytes > maxObject || bytes < maxObject-1000 {
		t.Errorf("what is listed takes %d bytes of %d", bytes, maxObject)
	}
	failed := 0
	for _, one := range kept {
		if one.Ready == metav1.ConditionFalse {
			failed++
		}
	}
	if failed != 20 || kept[0].ID != "0" {
		t.Errorf("%d of 20 failed ones are listed, the first is %s", failed, kept[0].ID)
	}
}

func TestAPreviewTellsWhereItAnswers(t *testing.T) {
	const ingress = `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: api-<< inputs.id >>, namespace: NS}, spec: {TLS rules: [{host: "HOST", http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}]}}`
	cases := []struct{ name, resource, url string }{
		{"an annotation on any object", `{apiVersion: v1, kind: ConfigMap, metadata: {name: api, namespace: NS, annotations: {event.toolkit.fluxcd.io/preview-url: "https://<< inputs.id >>.example.com/start"}}}`, "https://1.example.com/start"},
		{"an ingress", strings.NewReplacer("TLS ", "", "HOST", "api-<< inputs.id >>.example.com").Replace(ingress), "http://api-1.example.com"},
		{"an ingress with a certificate", strings.NewReplacer("TLS", "tls: [{hosts: ['*.example.com'], secretName: tls}],", "HOST", "api-<< inputs.id >>.example.com").Replace(ingress), "https://api-1.example.com"},
		{"an ingress with a certificate for another host", strings.NewReplacer("TLS", "tls: [{hosts: [example.com], secretName: tls}],", "HOST", "api-<< inputs.id >>.example.com").Replace(ingress), "http://api-1.example.com"},
		{"an ingress for any host", strings.NewReplacer("TLS ", "", "HOST", "*.example.com").Replace(ingress), ""},
		{"nothing", `{apiVersion: v1, kind: ConfigMap, metadata: {name: api, namespace: NS}}`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.provider("prs", "1")
			b.set("inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]\nresources:\n- " + c.resource)
			if got := b.run().Status.Previews[0]; got.URL != c.url || got.Ready != metav1.ConditionTrue {
				t.Errorf("the preview is %+v", got)
			}
		})
	}
}

func TestTheURLOfWhatFluxDeploysIsFoundAndKept(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-pr-<< inputs.id >>, namespace: NS}
  spec: {interval: 10m, prune: true, path: "./<< inputs.sha >>", sourceRef: {kind: GitRepository, name: fleet}}
`)
	wantPreviews(t, b.run(), "prs/1 True ReconciliationSucceeded 1 c0ffee1")

	b.deploy("api-pr-1", "api-1.preview.example.com")
	wantPreviews(t, b.run(), "prs/1 True ReconciliationSucceeded 1 c0ffee1 http://api-1.preview.example.com")
	counted := b.count()
	b.run()
	if counted["GET kustomizations"] > 1 || counted["GET ingresses"] > 0 { // the one lists what is owned
		t.Errorf("what is known was asked for again: %v", counted)
	}
	b.restart()
	counted = b.count()
	wantPreviews(t, b.run(), "prs/1 True ReconciliationSucceeded 1 c0ffee1 http://api-1.preview.example.com")
	if counted["GET ingresses"] > 0 {
		t.Errorf("after a restart what is known was asked for again: %v", counted)
	}

	b.exportInputs("prs", []v1.ResourceSetInput{{"id": text("1"), "sha": text("beef")}})
	wantPreviews(t, b.run(), "prs/1 True ReconciliationSucceeded 1 beef http://api-1.preview.example.com")
	b.deploy("api-pr-1", "new-1.preview.example.com")
	wantPreviews(t, b.run(), "prs/1 True ReconciliationSucceeded 1 beef http://new-1.preview.example.com")
}

func TestAPreviewThatIsClosedAndReopenedHasAURLAgain(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-pr-<< inputs.id >>, namespace: NS}
  spec: {interval: 10m, prune: true, path: ./deploy, sourceRef: {kind: GitRepository, name: fleet}}
`)
	for _, host := range []string{"first.example.com", "second.example.com"} {
		b.export("prs", "1")
		b.run()
		b.deploy("api-pr-1", host)
		wantPreviews(t, b.run(), "prs/1 True ReconciliationSucceeded 1 c0ffee1 http://"+host)
		b.export("prs")
		b.run()
		wantPreviews(t, b.run(), "")
	}
}

// deploy does what kustomize-controller does with an overlay that holds an
// ingress.
func (b *bench) deploy(kustomization, host string) {
	b.t.Helper()
	ingress := &unstructured.Unstructured{}
	text := `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: api, namespace: ` + b.namespace + `}, spec: {rules: [{host: ` + host + `, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}]}}`
	if err := yaml.Unmarshal([]byte(text), &ingress.Object); err != nil {
		b.t.Fatal(err)
	}
	if err := server.Client.Apply(context.Background(), client.ApplyConfigurationFromUnstructured(ingress), client.FieldOwner("kustomize-controller"), client.ForceOwnership); err != nil {
		b.t.Fatal(err)
	}
	found := b.object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", kustomization)
	found.Object["status"] = map[string]any{
		"observedGeneration": found.GetGeneration(),
		"inventory": map[string]any{"entries": []any{
			map[string]any{"id": b.namespace + "_api_apps_Deployment", "v": "v1"},
			map[string]any{"id": b.namespace + "_api_networking.k8s.io_Ingress", "v": "v1"},
		}},
	}
	if err := server.Client.Status().Update(context.Background(), found); err != nil {
		b.t.Fatal(err)
	}
}
