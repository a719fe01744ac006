package install_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/cli"
	"github.com/eddy-previews/eddy/internal/install"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

// TestMain is the command line as well, where it is called so.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "eddy" {
		os.Exit(cli.Execute(context.Background(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
	}
	os.Exit(apiserver.Main(m, &server))
}

// bench is an installer, and what it has told.
type bench struct {
	*install.Installer
	t    *testing.T
	told []string
}

// newBench returns an installer whose work is undone at the end of the test.
func newBench(t *testing.T) *bench {
	t.Helper()
	server.Require(t)
	b := &bench{t: t}
	b.Installer = &install.Installer{Client: server.Client, Interval: 50 * time.Millisecond, Tell: func(format string, args ...any) {
		b.told = append(b.told, fmt.Sprintf(format, args...))
	}}
	t.Cleanup(func() {
		if err := b.Uninstall(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// install installs with values, and returns what was told.
func (b *bench) install(namespace, values string) ([]*unstructured.Unstructured, []string) {
	b.t.Helper()
	b.told = nil
	objects, err := b.Install(context.Background(), install.Plan{Namespace: namespace, Values: parse(b.t, values)})
	if err != nil {
		b.t.Fatal(err)
	}
	return objects, b.told
}

// changes leaves out what is unchanged.
func changes(told []string) []string {
	return slices.DeleteFunc(told, func(line string) bool { return strings.HasSuffix(line, " unchanged") })
}

func TestAnInstallationCanBeRepeatedAndFollowsItsValues(t *testing.T) {
	b := newBench(t)
	_, first := b.install("eddy-test", "")
	for _, line := range []string{"✔ Namespace/eddy-test created", "✔ Deployment/eddy-test/eddy created", "✔ ClusterRole/eddy created"} {
		if !slices.Contains(first, line) {
			t.Errorf("%q is not among %q", line, first)
		}
	}
	if _, again := b.install("eddy-test", ""); len(changes(again)) > 0 {
		t.Errorf("the second time, it says %q", changes(again))
	}
	_, next := b.install("eddy-test", "{replicas: 3, networkPolicy: {enabled: false}}")
	if got := changes(next); !slices.Equal(got, []string{"✔ Deployment/eddy-test/eddy configured", "✔ NetworkPolicy/eddy-test/eddy deleted"}) {
		t.Errorf("with other values, it says %q", got)
	}
}

func TestWaitingEndsWhenTheOperatorIsReadyAndNamesItWhenItIsNot(t *testing.T) {
	b := newBench(t)
	objects, _ := b.install(server.Namespace(t), "")
	err := b.Wait(context.Background(), objects, time.Second)
	if err == nil || !strings.Contains(err.Error(), "Deployment/") {
		t.Fatalf("got %v", err)
	}
	deployment := &appsv1.Deployment{}
	for _, object := range objects {
		if object.GetKind() == "Deployment" {
			if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(object), deployment); err != nil {
				t.Fatal(err)
			}
		}
	}
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation, Replicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentAvailable, Status: "True"},
			{Type: appsv1.DeploymentProgressing, Status: "True", Reason: "NewReplicaSetAvailable"},
		},
	}
	if err := server.Client.Status().Update(context.Background(), deployment); err != nil {
		t.Fatal(err)
	}
	// Nobody computes the status of a PodDisruptionBudget here.
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == "PodDisruptionBudget" })
	if err := b.Wait(context.Background(), objects, 10*time.Second); err != nil {
		t.Error(err)
	}
}

func TestEverythingThatTheChartCanMakeIsAdmitted(t *testing.T) {
	b := newBench(t)
	monitors(t)
	text, err := os.ReadFile("../../charts/testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	objects, told := b.install(server.Namespace(t), string(text))
	for _, kind := range []string{"ServiceMonitor", "PrometheusRule", "ConfigMap", "ClusterRoleBinding", "PodDisruptionBudget", "NetworkPolicy", "Service"} {
		if !slices.ContainsFunc(told, func(line string) bool { return strings.HasPrefix(line, "✔ "+kind+"/") }) {
			t.Errorf("there is no %s among %q", kind, told)
		}
	}
	if err := b.Uninstall(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if !labels.SelectorFromSet(labels.Set(install.Operators())).Matches(labels.Set(object.GetLabels())) {
			continue
		}
		if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(object), object); !apierrors.IsNotFound(err) {
			t.Errorf("%s %s is left behind: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

func TestTheOperatorFitsIntoARestrictedNamespace(t *testing.T) {
	b := newBench(t)
	namespace := server.Namespace(t)
	label := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}`))
	if err := server.Client.Patch(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, label); err != nil {
		t.Fatal(err)
	}
	b.install(namespace, "")
	operator := &appsv1.Deployment{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: install.Release}, operator); err != nil {
		t.Fatal(err)
	}
	create(t, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "operator", Namespace: namespace}, Spec: operator.Spec.Template.Spec})

	operator.Spec.Template.Spec.Containers[0].SecurityContext = nil
	loose := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "loose", Namespace: namespace}, Spec: operator.Spec.Template.Spec}
	if err := server.Client.Create(context.Background(), loose); !apierrors.IsForbidden(err) {
		t.Errorf("nobody looks: %v", err)
	}
}

func TestWhatSomebodyElseHasInstalledIsLeftToThem(t *testing.T) {
	server.Require(t)
	for name, test := range map[string]struct {
		labels, annotations map[string]string
		name, because       string
	}{
		"Helm": {
			labels:      map[string]string{"app.kubernetes.io/name": "eddy", "app.kubernetes.io/component": "operator", "app.kubernetes.io/managed-by": "Helm"},
			annotations: map[string]string{"meta.helm.sh/release-name": "previews"},
			name:        "eddy", because: `the Helm release "previews"`,
		},
		"a Flux Operator": {
			labels: map[string]string{"app.kubernetes.io/name": "flux-operator"},
			name:   "flux-operator", because: "scale it down first",
		},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := server.Namespace(t)
			other := deployment(namespace, test.name)
			other.Labels, other.Annotations = test.labels, test.annotations
			create(t, other)
			b := &install.Installer{Client: server.Client, Tell: func(string, ...any) {}}
			_, err := b.Install(context.Background(), install.Plan{Namespace: namespace})
			if err == nil || !strings.Contains(err.Error(), test.because) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("an installation in another namespace", func(t *testing.T) {
		b := newBench(t)
		first := server.Namespace(t)
		b.install(first, "")
		_, err := b.Install(context.Background(), install.Plan{Namespace: server.Namespace(t)})
		if err == nil || !strings.Contains(err.Error(), "--namespace "+first) {
			t.Errorf("got %v", err)
		}
	})
}

// TestRightsComeAfterThePolicyThatLimitsThem is about an installation that ends half-way
// as well: what had been given then was given with its limits.
func TestRightsComeAfterThePolicyThatLimitsThem(t *testing.T) {
	b := newBench(t)
	namespace := server.Namespace(t)
	b.install(namespace, "{previews: {namespaces: ["+namespace+"], ownNamespaces: {enabled: true}}}")
	at := func(kind string) int {
		return slices.IndexFunc(b.told, func(line string) bool { return strings.Contains(line, " "+kind+"/eddy-own-namespaces ") })
	}
	policy, binding, rights := at("ValidatingAdmissionPolicy"), at("ValidatingAdmissionPolicyBinding"), at("ClusterRoleBinding")
	if policy < 0 || binding < 0 || rights < policy || rights < binding {
		t.Errorf("the policy is line %d, what puts it into force %d, the rights are %d of\n%s", policy, binding, rights, strings.Join(b.told, "\n"))
	}
}

// TestRightsGoBeforeThePolicyStopsToLimitThem is about an account that is left out of the
// next installation.
func TestRightsGoBeforeThePolicyStopsToLimitThem(t *testing.T) {
	b := newBench(t)
	namespace, other := server.Namespace(t), server.Namespace(t)
	install := func(namespaces string) {
		b.told = nil
		b.install(namespace, "{previews: {namespaces: ["+namespaces+"], ownNamespaces: {enabled: true}}}")
	}
	install(namespace + ", " + other)
	for _, namespaces := range []string{namespace, namespace + ", " + other} {
		install(namespaces)
		at := func(words string) int {
			return slices.IndexFunc(b.told, func(line string) bool { return strings.Contains(line, words) })
		}
		narrowed, policy := at("ClusterRoleBinding/eddy-own-namespaces narrowed"), at("ValidatingAdmissionPolicy/eddy-own-namespaces configured")
		if isLess := namespaces == namespace; isLess != (narrowed >= 0) || isLess && policy < narrowed {
			t.Errorf("for %s the rights are narrowed in line %d, and the policy is line %d of\n%s", namespaces, narrowed, policy, strings.Join(b.told, "\n"))
		}
		binding := &rbacv1.ClusterRoleBinding{}
		if err := server.Client.Get(context.Background(), client.ObjectKey{Name: "eddy-own-namespaces"}, binding); err != nil {
			t.Fatal(err)
		}
		if want := len(strings.Split(namespaces, ", ")); len(binding.Subjects) != want {
			t.Errorf("for %s the rights are of %+v", namespaces, binding.Subjects)
		}
	}
}

func TestUninstallingKeepsWhatPreviewsNeed(t *testing.T) {
	b := newBench(t)
	namespace := server.Namespace(t)
	other := server.Namespace(t)
	b.install(namespace, "{previews: {namespaces: ["+namespace+", "+other+"], ownNamespaces: {enabled: true}}}")
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "kept", Namespace: namespace}}
	set.Spec.ResourcesTemplate = "{}"
	create(t, set)

	b.told = nil
	if err := b.Uninstall(context.Background()); err != nil {
		t.Fatal(err)
	}
	told := strings.Join(b.told, "\n")
	for _, gone := range []string{"Deployment/" + namespace + "/eddy", "ClusterRole/eddy", "ServiceAccount/" + namespace + "/eddy"} {
		if !strings.Contains(told, gone+" deleted") {
			t.Errorf("%s is not among\n%s", gone, told)
		}
	}
	for _, kept := range []string{"CustomResourceDefinition", "previews", "own-namespaces"} {
		if strings.Contains(told, kept) {
			t.Errorf("%s is among\n%s", kept, told)
		}
	}
	if err := b.UninstallRest(context.Background()); err == nil || !strings.Contains(err.Error(), "ResourceSet") {
		t.Errorf("the definitions went with what is there: %v", err)
	}
	if err := server.Client.Delete(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	byHand := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: other}}
	if err := server.Client.Delete(context.Background(), byHand.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	create(t, byHand)
	for _, at := range []string{namespace, other} {
		outlived := appliedAs(t, "previews", at)
		create(t, outlived)
		if err := b.UninstallRest(context.Background()); err == nil || !strings.Contains(err.Error(), "Kustomization/"+at+"/outlived") {
			t.Errorf("the account went as which something is applied: %v", err)
		}
		if err := server.Client.Delete(context.Background(), outlived); err != nil {
			t.Fatal(err)
		}
	}
	create(t, appliedAs(t, "another", namespace))
	b.told = nil
	if err := b.UninstallRest(context.Background()); err != nil {
		t.Fatal(err)
	}
	told = strings.Join(b.told, "\n")
	for _, gone := range []string{"ServiceAccount/" + namespace + "/previews", "RoleBinding/" + namespace + "/eddy-previews", "ClusterRole/eddy-previews", "ClusterRoleBinding/eddy-own-namespaces", "ValidatingAdmissionPolicy/eddy-own-namespaces"} {
		if !strings.Contains(told, gone+" deleted") {
			t.Errorf("%s is not among\n%s", gone, told)
		}
	}
	waitUntilGone(t, "resourcesets."+v1.Group, "resourcesetinputproviders."+v1.Group)
	b.install(namespace, "") // for the other tests
}

// appliedAs is a Kustomization that is applied as an account.
func appliedAs(t *testing.T, account, namespace string) *unstructured.Unstructured {
	out := kustomization("outlived", "./")
	out.SetNamespace(namespace)
	if err := unstructured.SetNestedField(out.Object, account, "spec", "serviceAccountName"); err != nil {
		t.Fatal(err)
	}
	return out
}

// waitUntilGone waits for definitions to be gone.
func waitUntilGone(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			err := server.Client.Get(context.Background(), client.ObjectKey{Name: name}, definition())
			if apierrors.IsNotFound(err) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is still there: %v", name, err)
			}
		}
	}
}

func definition() *unstructured.Unstructured {
	out := &unstructured.Unstructured{}
	out.SetAPIVersion("apiextensions.k8s.io/v1")
	out.SetKind("CustomResourceDefinition")
	return out
}

// monitors makes the kind ServiceMonitor known.
func monitors(t *testing.T) {
	t.Helper()
	learn(t, "monitoring.coreos.com", "v1", "ServiceMonitor")
	learn(t, "monitoring.coreos.com", "v1", "PrometheusRule")
}

// helmReleases makes the kind HelmRelease known.
func helmReleases(t *testing.T) {
	t.Helper()
	learn(t, "helm.toolkit.fluxcd.io", "v2", "HelmRelease")
}

// learn makes a kind known that holds anything.
func learn(t *testing.T, group, version, kind string) {
	t.Helper()
	preserve, singular := true, strings.ToLower(kind)
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: singular + "s." + group}}
	crd.Spec = apiextensionsv1.CustomResourceDefinitionSpec{
		Group: group, Scope: apiextensionsv1.NamespaceScoped,
		Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: singular + "s", Singular: singular, Kind: kind, ListKind: kind + "List"},
		Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{Name: version, Served: true, Storage: true, Schema: &apiextensionsv1.CustomResourceValidation{
			OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: &preserve},
		}}},
	}
	options := envtest.CRDInstallOptions{CRDs: []*apiextensionsv1.CustomResourceDefinition{crd}}
	if _, err := envtest.InstallCRDs(server.Config, options); err != nil {
		t.Fatal(err)
	}
}

func deployment(namespace, name string) *appsv1.Deployment {
	out := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	out.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
	out.Spec.Template.Labels = out.Spec.Selector.MatchLabels
	out.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Image: "registry.example.com/c:1"}}
	return out
}

// create creates an object that goes with the test.
func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := server.Client.Create(context.Background(), object); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Client.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
			t.Error(err)
		}
	})
}

func parse(t *testing.T, values string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(values), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
