package apply_test

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
)

// theirs makes a ConfigMap that is not the bench's.
func (b *bench) theirs(name string, labels, annotations map[string]string) {
	b.t.Helper()
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace, Labels: labels, Annotations: annotations},
		Data:       map[string]string{"key": "theirs", "other": "x"},
	}
	b.create(object)
}

func (b *bench) create(object client.Object) {
	b.t.Helper()
	if err := server.Client.Create(context.Background(), object, client.FieldOwner("terraform")); err != nil {
		b.t.Fatal(err)
	}
}

func TestWhatSomebodyOwnsIsRefusedByName(t *testing.T) {
	cases := []struct {
		name                string
		labels, annotations map[string]string
		holder              string
	}{
		{"a Kustomization", map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "NS"}, nil, "Kustomization NS/apps"},
		{"a Helm release", map[string]string{"app.kubernetes.io/managed-by": "Helm"}, map[string]string{"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "NS"}, "Helm release NS/shop"},
		{"an Argo CD application", nil, map[string]string{"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:NS/one"}, "Argo CD application shop"},
		{"an ApplySet", map[string]string{"applyset.kubernetes.io/part-of": "applyset-x-v1"}, nil, "ApplySet applyset-x-v1"},
		{"Kubernetes", map[string]string{"kubernetes.io/bootstrapping": "rbac-defaults"}, nil, "Kubernetes itself"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			inNamespace := func(pairs map[string]string) map[string]string {
				out := map[string]string{}
				for key, value := range pairs {
					out[key] = strings.ReplaceAll(value, "NS", b.namespace)
				}
				return out
			}
			apps := b.kustomization("", "apps")
			apps.SetLabels(nil)
			b.create(apps.Unstructured)
			b.theirs("one", inNamespace(c.labels), inNamespace(c.annotations))
			_, failed := b.run(b.configMap("1", "one", "mine"), b.configMap("2", "two", "mine"))
			want := "belongs to " + strings.ReplaceAll(c.holder, "NS", b.namespace)
			if err := failed["1"]; err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "the ApplySet", "ApplySet"), want) || len(failed) != 1 {
				t.Errorf("failed is %v, want 1 alone: …%s…", failed, want)
			}
			if is := b.get("one"); is.Data["key"] != "theirs" || len(is.Annotations) != len(c.annotations) {
				t.Errorf("it was written: %v, %v", is.Data, is.Annotations)
			}
			b.finalize(apps)
		})
	}
}

func TestWhatAControllerMadeIsRefused(t *testing.T) {
	b := newBench(t)
	owner := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "owner", Namespace: b.namespace}}
	b.create(owner)
	yes := true
	b.create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one", Namespace: b.namespace, OwnerReferences: []metav1.OwnerReference{
		{APIVersion: "v1", Kind: "Secret", Name: "owner", UID: owner.UID, Controller: &yes},
	}}})
	_, failed := b.run(b.configMap("1", "one", "mine"))
	if err := failed["1"]; err == nil || !strings.Contains(err.Error(), "belongs to Secret owner, which controls it") {
		t.Errorf("failed is %v", failed)
	}
}

func TestWhatAGoneKustomizationLeftIsAdopted(t *testing.T) {
	b := newBench(t)
	b.theirs("one", map[string]string{"kustomize.toolkit.fluxcd.io/name": "gone", "kustomize.toolkit.fluxcd.io/namespace": b.namespace}, nil)
	b.want("ConfigMap/one adopted", b.configMap("1", "one", "mine"))
}

func TestAnOwnerThatTheAccountMayNotLookForIsTakenToBeThere(t *testing.T) {
	b := newBench(t)
	b.theirs("one", map[string]string{"kustomize.toolkit.fluxcd.io/name": "gone", "kustomize.toolkit.fluxcd.io/namespace": "elsewhere"}, nil)
	b.Client = impersonate(t, b.namespace, "get", "list", "patch", "create")
	_, failed := b.run(b.configMap("1", "one", "mine"))
	if err := failed["1"]; err == nil || !strings.Contains(err.Error(), "Kustomization elsewhere/gone, which the account that applies may not look for") {
		t.Errorf("failed is %v", failed)
	}
}

func TestWhatIsHandedOverIsTheOwnersFromThenOn(t *testing.T) {
	b := newBench(t)
	handOver := "fluxcd.controlplane.io/handOverTo"
	release := map[string]string{"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": b.namespace}
	b.theirs("one", nil, map[string]string{"meta.helm.sh/release-name": "shop", handOver: b.namespace + "/another"})
	if _, failed := b.run(b.configMap("1", "one", "mine")); failed["1"] == nil {
		t.Fatal("it was handed over to another set, and taken")
	}
	release[handOver] = b.namespace + "/set"
	b.theirs("two", nil, release)
	mine := b.configMap("1", "two", "mine")
	b.want("ConfigMap/two configured", mine)
	if pruned := b.prune(mine); left(pruned) != "" || b.exists(mine) {
		t.Errorf("left %q, it exists %v", left(pruned), b.exists(mine))
	}
}

func TestWhatFluxOperatorAppliedIsTheOwners(t *testing.T) {
	b := newBench(t)
	mine := b.configMap("1", "one", "mine")
	before := b.configMap("1", "one", "before")
	create(t, before.Unstructured, "flux-operator", metav1.ManagedFieldsOperationApply)
	b.want("ConfigMap/one configured", mine)
	if pruned := b.prune(mine); left(pruned) != "" || b.exists(mine) {
		t.Errorf("left %q, it exists %v", left(pruned), b.exists(mine))
	}
}

func TestWhatComesBetweenTheLookAndTheWriteIsNotWrittenOver(t *testing.T) {
	b := newBench(t)
	mine := b.configMap("1", "one", "mine")
	session, err := b.Open(context.Background(), b.owner, apply.InventoryOf([]apply.Object{mine}))
	if err != nil {
		t.Fatal(err)
	}
	b.theirs("one", nil, map[string]string{"meta.helm.sh/release-name": "shop"})
	result, err := session.Apply(context.Background(), []apply.Object{mine})
	if err != nil || result.Failed["1"] == nil || b.get("one").Data["key"] != "theirs" {
		t.Errorf("failed is %v, %v; the data %v", result.Failed, err, b.get("one").Data)
	}
}

func TestWhatTookTheOwnersPlaceIsJudgedAnew(t *testing.T) {
	b := newBench(t)
	b.run(b.configMap("1", "one", "mine"))
	mine := b.configMap("1", "one", "changed")
	session, err := b.Open(context.Background(), b.owner, apply.InventoryOf([]apply.Object{mine}))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Delete(context.Background(), b.get("one")); err != nil {
		t.Fatal(err)
	}
	b.theirs("one", nil, map[string]string{"meta.helm.sh/release-name": "shop"})
	result, err := session.Apply(context.Background(), []apply.Object{mine})
	if err != nil || result.Failed["1"] == nil || b.get("one").Data["key"] != "theirs" {
		t.Errorf("failed is %v, %v; the data %v", result.Failed, err, b.get("one").Data)
	}
}
