package install_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// recipe is a section of docs/recipes.md: a set, and the values that it needs.
type recipe struct{ title, values, set string }

// recipes are those with a ResourceSet. One that states no values works with the
// account as the chart makes it.
func recipes(t *testing.T) []recipe {
	t.Helper()
	text, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	values := regexp.MustCompile("(?s)```yaml values\n(.*?)```")
	set := regexp.MustCompile("(?s)```yaml\n(apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\n.*?)```")
	var out []recipe
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		title, rest, _ := strings.Cut(section, "\n")
		found := set.FindStringSubmatch(rest)
		if found == nil {
			continue
		}
		one := recipe{title: title, set: found[1], values: "{previews: {namespaces: [app-dev]}}"}
		if stated := values.FindStringSubmatch(rest); stated != nil {
			one.values = stated[1]
		}
		out = append(out, one)
	}
	if len(out) < 6 {
		t.Fatalf("found %d recipes: the patterns miss them", len(out))
	}
	return out
}

// TestEachRecipeWorksWithTheAccountThatItStates plays the life of a pull request, as
// the operator and the account of previews that the chart makes of the values.
func TestEachRecipeWorksWithTheAccountThatItStates(t *testing.T) {
	for _, recipe := range recipes(t) {
		t.Run(recipe.title, func(t *testing.T) {
			b := newBench(t)
			const namespace = "app-dev"
			ensureNamespace(t, namespace)
			helmReleases(t)
			installed, _ := b.install(namespace, recipe.values)
			refusals, _ := runAs(t, namespace, installed)
			standIn(t, namespace)
			t.Cleanup(func() { tearDown(t, namespace) })
			apply(t, namespace, providers(t, recipe.set)+"\n---\n"+recipe.set)

			g := gomega.NewWithT(t)
			g.SetDefaultEventuallyTimeout(30 * time.Second)
			g.Eventually(func() []string { return unready(t, namespace) }).Should(gomega.BeEmpty())
			for _, object := range owned(t, namespace) {
				g.Expect(server.Client.Get(context.Background(), client.ObjectKeyFromObject(object), object)).To(gomega.Succeed(), object.GetKind())
			}
			tearDown(t, namespace)
			g.Expect(ofThePreviews(refusals())).To(gomega.BeEmpty())
		})
	}
}

// ofThePreviews leaves out what is asked for the cost alone: as itself the operator
// would watch, and repairs at the next interval what it may not; Secrets that the
// account may not list, it asks for one by one.
func ofThePreviews(refusals []string) []string {
	return slices.DeleteFunc(refusals, func(one string) bool {
		return strings.HasSuffix(one, " as ") || strings.Contains(one, "/secrets as ")
	})
}

// TestAnAccountWithNamespacesOfItsOwnStaysOutOfAllOthers tries what the policy is for.
func TestAnAccountWithNamespacesOfItsOwnStaysOutOfAllOthers(t *testing.T) {
	b := newBench(t)
	tenant, other := server.Namespace(t), server.Namespace(t)
	b.install(tenant, `{previews: {namespaces: [`+tenant+`, `+other+`], ownNamespaces: {enabled: true,
  rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, create, patch, delete]},
          {apiGroups: [""], resources: [pods/exec, services/proxy], verbs: [get, create]},
          {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [create]}]}}}`)
	acting, err := client.New(as(t, tenant, "previews"), client.Options{Scheme: server.Client.Scheme(), Mapper: server.Client.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	create := func(object client.Object, owner string) error {
		if owner != "" {
			object.SetLabels(map[string]string{v1.OwnerLabelPrefix + "/namespace": owner})
		}
		return acting.Create(context.Background(), object)
	}
	g := gomega.NewWithT(t)
	refused := gomega.And(gomega.Satisfy(apierrors.IsForbidden), gomega.MatchError(gomega.ContainSubstring("ValidatingAdmissionPolicy")))
	own := namespaceOf(tenant + "-one")
	// A policy is known to the API server a moment after it is there.
	g.Eventually(func() error {
		return create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: tenant + "-"}}, "")
	}, 10*time.Second).Should(refused)
	g.Expect(create(own, tenant)).To(gomega.Succeed())
	g.Expect(create(namespaceOf(tenant+"-two"), other)).To(refused, "a namespace for another tenant")
	g.Expect(create(configMapIn(own.Name), "")).To(gomega.Succeed())
	g.Expect(create(configMapIn(tenant), "")).To(gomega.Succeed())
	g.Expect(create(configMapIn(other), tenant)).To(refused, "writing into another's namespace")
	g.Expect(create(configMapIn("kube-system"), tenant)).To(refused, "writing into the cluster's namespace")
	g.Expect(create(&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: tenant}}, "")).To(refused, "something of the cluster that is nobody's")

	for _, path := range []string{"pods/any/exec?command=sh", "services/any/proxy/"} {
		g.Expect(ask(t, tenant, "/api/v1/namespaces/"+other+"/"+path)).To(refused, "getting into another's namespace by "+path)
	}
	hand := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: tenant}}
	hand.RoleRef = rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "eddy-own-namespaces"}
	hand.Subjects = []rbacv1.Subject{{Kind: "ServiceAccount", Name: "somebody", Namespace: tenant}}
	g.Expect(create(hand, tenant)).To(refused, "handing its rights to somebody whom no policy holds")

	take := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"`+v1.OwnerLabelPrefix+`/namespace": "`+tenant+`"}}}`))
	g.Expect(acting.Patch(context.Background(), namespaceOf(other), take)).To(refused, "taking a namespace over")
	g.Expect(acting.Delete(context.Background(), namespaceOf(other))).To(refused, "deleting another's namespace")
	give := client.RawPatch(types.MergePatchType, []byte(`{"metadata": {"labels": {"`+v1.OwnerLabelPrefix+`/namespace": "`+other+`"}}}`))
	g.Expect(acting.Patch(context.Background(), namespaceOf(own.Name), give)).To(refused, "giving a namespace away")
	g.Expect(acting.Delete(context.Background(), own)).To(gomega.Succeed())

	_, told := b.install(tenant, "{previews: {namespaces: ["+tenant+"]}}")
	g.Expect(told).To(gomega.ContainElements("✔ ClusterRoleBinding/eddy-own-namespaces deleted", "✔ ValidatingAdmissionPolicy/eddy-own-namespaces deleted"))
}

// ask posts to a path as the account of previews.
func ask(t *testing.T, namespace, path string) error {
	t.Helper()
	kube, err := kubernetes.NewForConfig(as(t, namespace, "previews"))
	if err != nil {
		t.Fatal(err)
	}
	return kube.CoreV1().RESTClient().Post().RequestURI(path).Do(context.Background()).Error()
}

func namespaceOf(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func configMapIn(namespace string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "written-", Namespace: namespace}}
}

func ensureNamespace(t *testing.T, name string) {
	t.Helper()
	if err := server.Client.Create(context.Background(), namespaceOf(name)); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	login := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "registry-auth", Namespace: name}, Type: corev1.SecretTypeDockerConfigJson}
	login.StringData = map[string]string{corev1.DockerConfigJsonKey: `{"auths": {}}`}
	if err := server.Client.Create(context.Background(), login); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// providers make of a set those that it refers to, which export a pull request.
func providers(t *testing.T, set string) string {
	t.Helper()
	name := regexp.MustCompile(`kind: ResourceSetInputProvider\n +name: (\S+)`).FindStringSubmatch(set)[1]
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"inputs": [{"id": "1234", "sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "labels": ["with-backend"]}]}`)) // a client that went away is no news
	}))
	t.Cleanup(service.Close)
	return `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: ` + name + `}
spec: {type: ExternalService, url: "` + service.URL + `", insecure: true}`
}

// owned are the objects in the inventories of the sets.
func owned(t *testing.T, namespace string) []*unstructured.Unstructured {
	t.Helper()
	var sets v1.ResourceSetList
	if err := server.Client.List(context.Background(), &sets, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, set := range sets.Items {
		if set.Status.Inventory == nil || len(set.Status.Inventory.Entries) == 0 {
			t.Fatalf("%s owns nothing", set.Name)
		}
		for _, entry := range set.Status.Inventory.Entries {
			parts := strings.Split(entry.ID, "_")
			object := &unstructured.Unstructured{}
			object.SetNamespace(parts[0])
			object.SetName(parts[1])
			group := parts[2]
			if group != "" {
				group += "/"
			}
			object.SetAPIVersion(group + entry.Version)
			object.SetKind(parts[3])
			out = append(out, object)
		}
	}
	return out
}

// standIn does, until the test ends, what controllers do that are not here: it lets
// Flux's objects and Jobs be ready, and namespaces that are deleted end.
func standIn(t *testing.T, namespace string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			finish(ctx, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", namespace)
			finish(ctx, "batch/v1", "Job", namespace)
			endNamespaces(ctx)
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// finish gives the objects of a kind the status of one that is done.
func finish(ctx context.Context, version, kind, namespace string) {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(version)
	list.SetKind(kind + "List")
	if err := server.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return // it is asked again
	}
	now := metav1.Now().UTC().Format(time.RFC3339)
	for n := range list.Items {
		object := &list.Items[n]
		if _, told, _ := unstructured.NestedSlice(object.Object, "status", "conditions"); told {
			continue
		}
		var conditions []any
		for _, name := range map[string][]string{"Kustomization": {"Ready"}, "Job": {"SuccessCriteriaMet", "Complete"}}[kind] {
			conditions = append(conditions, map[string]any{"type": name, "status": "True", "reason": "Done", "message": "done", "lastTransitionTime": now, "lastProbeTime": now})
		}
		status := map[string]any{"conditions": conditions, "observedGeneration": object.GetGeneration()}
		if kind == "Job" {
			status = map[string]any{"conditions": conditions, "startTime": now, "completionTime": now, "succeeded": int64(1)}
		}
		object.Object["status"] = status
		_ = server.Client.Status().Update(ctx, object) // or it is asked again
	}
}

// endNamespaces lets go of namespaces that are deleted, and of what is in them.
func endNamespaces(ctx context.Context) {
	var list corev1.NamespaceList
	if err := server.Client.List(ctx, &list); err != nil {
		return // it is asked again
	}
	for n := range list.Items {
		one := &list.Items[n]
		if one.DeletionTimestamp == nil {
			continue
		}
		for _, kind := range []client.Object{&corev1.Secret{}, &corev1.ServiceAccount{}, &corev1.ResourceQuota{}} {
			_ = server.Client.DeleteAllOf(ctx, kind, client.InNamespace(one.Name)) // or it is asked again
		}
		one.Spec.Finalizers = nil
		_ = server.Client.SubResource("finalize").Update(ctx, one) // or it is asked again
	}
}
