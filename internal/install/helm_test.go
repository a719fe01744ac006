package install_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"helm.sh/helm/v4/pkg/action"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/install"
)

// helm is Helm itself, on a release in a namespace.
type helm struct {
	t         *testing.T
	config    *action.Configuration
	namespace string
}

func newHelm(t *testing.T, namespace string) *helm {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig, flags.Namespace = ptr.To(server.WriteKubeconfig(t)), ptr.To(namespace)
	config := action.NewConfiguration()
	if err := config.Init(flags, namespace, "secret"); err != nil {
		t.Fatal(err)
	}
	return &helm{t: t, config: config, namespace: namespace}
}

// install is `helm install eddy charts/eddy`. Nobody runs pods here: it waits for none.
func (h *helm) install(values map[string]any) {
	h.t.Helper()
	run := action.NewInstall(h.config)
	run.ReleaseName, run.Namespace, run.WaitStrategy = install.Release, h.namespace, kube.HookOnlyStrategy
	run.TakeOwnership, run.ForceConflicts = true, true // the definitions are there, of other tests
	if _, err := run.Run(eddy(h.t), values); err != nil {
		h.t.Fatal(err)
	}
}

// upgrade is `helm upgrade eddy --reset-then-reuse-values --force-conflicts`.
func (h *helm) upgrade(to *chart.Chart) {
	h.t.Helper()
	run := action.NewUpgrade(h.config)
	run.Namespace, run.WaitStrategy, run.ResetThenReuseValues = h.namespace, kube.HookOnlyStrategy, true
	run.ForceConflicts = true
	if _, err := run.Run(install.Release, to, nil); err != nil {
		h.t.Fatal(err)
	}
}

func (h *helm) uninstall() {
	h.t.Helper()
	run := action.NewUninstall(h.config)
	run.WaitStrategy = kube.HookOnlyStrategy
	if _, err := run.Run(install.Release); err != nil {
		h.t.Fatal(err)
	}
}

// end takes the release out, if a test that failed has left it.
func (h *helm) end() {
	run := action.NewUninstall(h.config)
	run.IgnoreNotFound, run.WaitStrategy = true, kube.HookOnlyStrategy
	if _, err := run.Run(install.Release); err != nil {
		h.t.Error(err)
	}
}

func eddy(t *testing.T) *chart.Chart {
	t.Helper()
	loaded, err := install.Chart()
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// next is the chart of a later version, whose definitions can be told from these.
func next(t *testing.T) *chart.Chart {
	t.Helper()
	out := eddy(t)
	out.Metadata.Version, out.Metadata.AppVersion = "99.0.0", "99.0.0"
	for _, file := range out.Files {
		if strings.HasSuffix(file.Name, "resourcesets.yaml") {
			file.Data = []byte(strings.Replace(string(file.Data), "  annotations:\n", "  annotations:\n    next: \"true\"\n", 1))
		}
	}
	return out
}

// TestAReleaseOfHelmIsUpgradedAndTakenOutAndThePreviewsStay is the life of a release.
func TestAReleaseOfHelmIsUpgradedAndTakenOutAndThePreviewsStay(t *testing.T) {
	namespace := server.Namespace(t)
	h := newHelm(t, namespace)
	g := gomega.NewWithT(t)
	t.Cleanup(func() { restore(t) })
	t.Cleanup(h.end)
	h.install(map[string]any{"replicas": 3, "previews": map[string]any{"namespaces": []any{namespace}}})
	preview := running(t, namespace)
	before := preview.DeepCopy()

	h.upgrade(next(t))
	operator := &appsv1.Deployment{}
	g.Expect(get(namespace, install.Release, operator)).To(gomega.Succeed())
	g.Expect(*operator.Spec.Replicas).To(gomega.BeEquivalentTo(3), "a value is kept")
	g.Expect(operator.Spec.Template.Spec.Containers[0].Image).To(gomega.HaveSuffix(":v99.0.0"))
	crd := definition()
	g.Expect(get("", "resourcesets."+v1.Group, crd)).To(gomega.Succeed())
	g.Expect(crd.GetAnnotations()).To(gomega.HaveKeyWithValue("next", "true"), "the definitions are of the next version")
	g.Expect(get(namespace, "previews", &corev1.ServiceAccount{})).To(gomega.Succeed())
	unchanged(t, before)

	h.uninstall()
	g.Expect(get(namespace, install.Release, operator)).To(gomega.Satisfy(apierrors.IsNotFound))
	g.Expect(get("", "resourcesets."+v1.Group, definition())).To(gomega.Succeed(), "the definitions stay")
	unchanged(t, before)

	h.install(map[string]any{"previews": map[string]any{"namespaces": []any{namespace}}})
	unchanged(t, before)
	h.uninstall()
}

func get(namespace, name string, into client.Object) error {
	return server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: name}, into)
}

// running is a set with a preview that Flux deploys.
func running(t *testing.T, namespace string) *v1.ResourceSet {
	t.Helper()
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "api-pr-envs", Namespace: namespace, Finalizers: []string{v1.Finalizer}}}
	set.Spec.ResourcesTemplate = "{}"
	create(t, set)
	set.Status.Inventory = &v1.ResourceInventory{Entries: []v1.ResourceRef{{ID: namespace + "_api-pr-1_kustomize.toolkit.fluxcd.io_Kustomization", Version: "v1"}}}
	if err := server.Client.Status().Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	deployed := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"interval": "10m", "prune": true, "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"},
	}}}
	deployed.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
	deployed.SetKind("Kustomization")
	deployed.SetNamespace(namespace)
	deployed.SetName("api-pr-1")
	create(t, deployed)
	t.Cleanup(func() { forget(t, set) })
	return set
}

// unchanged sees that nobody touched a set, its inventory, and what it deployed.
func unchanged(t *testing.T, was *v1.ResourceSet) {
	t.Helper()
	is := &v1.ResourceSet{}
	if err := get(was.Namespace, was.Name, is); err != nil {
		t.Fatal(err)
	}
	if is.UID != was.UID || is.DeletionTimestamp != nil || is.Generation != was.Generation || len(is.Status.Inventory.Entries) != 1 {
		t.Errorf("the set is not as it was: %+v", is)
	}
	deployed := &unstructured.Unstructured{}
	deployed.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
	deployed.SetKind("Kustomization")
	if err := get(was.Namespace, "api-pr-1", deployed); err != nil || deployed.GetDeletionTimestamp() != nil {
		t.Errorf("what it deployed is going: %v", err)
	}
}

func forget(t *testing.T, set *v1.ResourceSet) {
	t.Helper()
	free := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"finalizers": null}}`))
	if err := server.Client.Patch(context.Background(), set, free); err != nil {
		t.Error(err)
	}
	if err := server.Client.Delete(context.Background(), set); err != nil {
		t.Error(err)
	}
}

// restore takes Helm's marks off the definitions, for the other tests.
func restore(t *testing.T) {
	t.Helper()
	for _, name := range []string{"resourcesets.", "resourcesetinputproviders."} {
		crd := definition()
		if err := get("", name+v1.Group, crd); err != nil {
			t.Fatal(err)
		}
		crd.SetLabels(nil)
		annotations := crd.GetAnnotations()
		maps.DeleteFunc(annotations, func(key, _ string) bool { return strings.Contains(key, "helm.sh") || key == "next" })
		crd.SetAnnotations(annotations)
		if err := server.Client.Update(context.Background(), crd); err != nil {
			t.Error(err)
		}
	}
}
