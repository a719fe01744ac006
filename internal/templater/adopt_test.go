package templater

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const perBranch = `
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.branch | slugify >>", namespace: NS}, data: {db: "<< inputs.branch >>"}}]`

// branches makes the provider export a request for each branch.
func (b *bench) branches(names ...string) {
	b.t.Helper()
	var inputs []v1.ResourceSetInput
	for _, name := range names {
		inputs = append(inputs, v1.ResourceSetInput{"id": text(name), "branch": text(name)})
	}
	b.exportInputs("prs", inputs)
}

// production is what a branch may be named after.
func (b *bench) production(annotations map[string]string) *corev1.ConfigMap {
	b.t.Helper()
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "api-production", Namespace: b.namespace, Annotations: annotations},
		Data:       map[string]string{"db": "prod", "other": "x"},
	}
	if err := server.Client.Create(context.Background(), object, client.FieldOwner("terraform")); err != nil {
		b.t.Fatal(err)
	}
	return object
}

func TestARequestWhoseNameIsTakenDoesNotDeleteWhatWasThere(t *testing.T) {
	b := newBench(t)
	theirs := b.production(nil)
	b.provider("prs")
	b.branches("production", "feature")
	b.set(perBranch)
	b.run()
	b.wantEvent("ConfigMap/" + b.namespace + "/api-production adopted")
	b.later(time.Hour)
	b.run()

	b.branches()
	b.later(time.Hour)
	b.run()
	b.wantEvent("ConfigMap/" + b.namespace + "/api-production let go")
	if b.uid("api-production") != theirs.UID || b.configMaps() != "" || b.read().Status.Inventory != nil {
		t.Errorf("it was made anew, or is still owned: %q, %v", b.configMaps(), b.read().Status.Inventory)
	}
}

func TestASetThatIsDeletedLetsGoOfWhatWasThere(t *testing.T) {
	b := newBench(t)
	theirs := b.production(nil)
	b.provider("prs")
	b.branches("production", "feature")
	b.set(perBranch)
	set := b.run()
	b.restart()
	if err := server.Client.Delete(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	if set = b.run(); set != nil {
		t.Fatalf("it is still there: %v", set.Status.Conditions)
	}
	b.wantEvent("ConfigMap/" + b.namespace + "/api-production let go")
	if b.uid("api-production") != theirs.UID || b.configMaps() != "" {
		t.Errorf("left are %q", b.configMaps())
	}
}

func TestWhatARequestMayNotTakeFailsItAlone(t *testing.T) {
	b := newBench(t)
	theirs := b.production(map[string]string{"meta.helm.sh/release-name": "api"})
	b.provider("prs")
	b.branches("production", "feature")
	b.set(perBranch)
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonPreviewsFailed, "1 of 2 previews failed and keep what they had: "+
		"prs/production: ConfigMap/"+b.namespace+"/api-production belongs to Helm release api")
	b.branches("feature")
	b.later(time.Hour)
	b.run()
	if b.uid("api-production") != theirs.UID || b.configMaps() != "api-feature" {
		t.Errorf("the set's are %q", b.configMaps())
	}
}
