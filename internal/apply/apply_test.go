package apply_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// bench is an applier in a namespace of its own, with its requests counted.
type bench struct {
	*apply.Applier
	t         *testing.T
	namespace string
	owner     apply.Owner
	requests  *atomic.Int64
	others    map[string]bool
}

func newBench(t *testing.T) *bench {
	t.Helper()
	namespace := server.Namespace(t)
	counted, counter := server.Counted(t)
	b := &bench{t: t, namespace: namespace, owner: apply.Owner{Name: "set", Namespace: namespace}, requests: counter, others: map[string]bool{}}
	b.Applier = &apply.Applier{
		Client: counted, Kinds: apply.NewKinds(server.Discovery, time.Now), FieldManager: "eddy", Concurrency: 4, Memory: apply.NewMemory(),
		OwnerExists: func(_ context.Context, owner apply.Owner) (bool, error) { return b.others[owner.Name], nil },
	}
	return b
}

// object reads YAML into an object of the bench's namespace, labelled as its own.
func (b *bench) object(group, text string) apply.Object {
	b.t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		b.t.Fatal(err)
	}
	object.SetNamespace(b.namespace)
	apply.SetOwner(object, b.owner)
	return apply.Object{Unstructured: object, Group: group}
}

func (b *bench) configMap(group, name, value string) apply.Object {
	return b.object(group, "{apiVersion: v1, kind: ConfigMap, metadata: {name: "+name+"}, data: {key: "+value+"}}")
}

// run observes and applies, and returns what changed, a line each.
func (b *bench) run(objects ...apply.Object) (string, map[string]error) {
	b.t.Helper()
	ctx := context.Background()
	session, err := b.Open(ctx, b.owner, apply.InventoryOf(objects))
	if err != nil {
		b.t.Fatal(err)
	}
	result, err := session.Apply(ctx, objects)
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	for _, change := range result.Changes {
		lines = append(lines, strings.ReplaceAll(change.String(), b.namespace+"/", ""))
	}
	return strings.Join(lines, ", "), result.Failed
}

func (b *bench) want(changes string, objects ...apply.Object) {
	b.t.Helper()
	got, failed := b.run(objects...)
	if len(failed) > 0 {
		b.t.Fatalf("failed: %v", failed)
	}
	if got != changes {
		b.t.Fatalf("changes are %q, want %q", got, changes)
	}
}

func (b *bench) get(name string) *corev1.ConfigMap {
	b.t.Helper()
	found := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: name}, found); err != nil {
		b.t.Fatal(err)
	}
	return found
}

func TestObjectsAreCreatedOnceAndChangedWhenTheyChange(t *testing.T) {
	b := newBench(t)
	one, two := b.configMap("1", "one", "a"), b.configMap("2", "two", "a")
	b.want("ConfigMap/one created, ConfigMap/two created", one, two)
	b.want("", one, two)
	b.want("ConfigMap/two configured", one, b.configMap("2", "two", "b"))
}

func TestAnUnchangedSetCostsOneListing(t *testing.T) {
	b := newBench(t)
	var objects []apply.Object
	for _, name := range strings.Fields("a b c d e f g h i j") {
		objects = append(objects, b.configMap(name, name, "x"))
	}
	b.run(objects...)
	before := b.requests.Load()
	b.want("", objects...)
	if cost := b.requests.Load() - before; cost != 1 {
		t.Errorf("a run without news cost %d requests, want 1", cost)
	}
}

func TestWhatSomebodyElseChangedIsRepaired(t *testing.T) {
	b := newBench(t)
	one, two := b.configMap("1", "one", "a"), b.configMap("2", "two", "a")
	b.run(one, two)

	edited := b.get("one")
	edited.Data["key"] = "edited"
	if err := server.Client.Update(context.Background(), edited); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Delete(context.Background(), b.get("two")); err != nil {
		t.Fatal(err)
	}
	b.want("ConfigMap/one configured, ConfigMap/two created", one, two)
	if value := b.get("one").Data["key"]; value != "a" {
		t.Errorf("the value is %q, want a", value)
	}
}

func TestAFieldThatIsNoLongerWantedGoes(t *testing.T) {
	b := newBench(t)
	b.want("ConfigMap/one created", b.object("1", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: x, b: z}}"))
	b.want("ConfigMap/one configured", b.object("1", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: x}}"))
	if data := b.get("one").Data; len(data) != 1 {
		t.Errorf("the data is %v, want a alone", data)
	}
}

func TestAGroupFailsAlone(t *testing.T) {
	b := newBench(t)
	changes, failed := b.run(b.configMap("bad", "Not_A_Name", "a"), b.configMap("bad", "after", "a"), b.configMap("good", "good", "a"))
	if changes != "ConfigMap/good created" && changes != "ConfigMap/after created, ConfigMap/good created" {
		t.Errorf("changes are %q", changes)
	}
	if len(failed) != 1 || failed["bad"] == nil || !strings.Contains(failed["bad"].Error(), "Not_A_Name") {
		t.Errorf("failed is %v, want the group bad, naming the object", failed)
	}
}

func TestAFailedGroupIsNotTakenFurther(t *testing.T) {
	b := newBench(t)
	account := b.object("bad", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: Not_A_Name}}")
	changes, failed := b.run(account, b.configMap("bad", "later-kind", "a"))
	if changes != "" || failed["bad"] == nil {
		t.Errorf("changes are %q and failed is %v", changes, failed)
	}
}

func TestAnUnknownKindSaysWhatToInstall(t *testing.T) {
	b := newBench(t)
	_, failed := b.run(b.object("1", "{apiVersion: example.com/v1, kind: Widget, metadata: {name: one}}"))
	if err := failed["1"]; err == nil || !strings.Contains(err.Error(), "install its CustomResourceDefinition first") {
		t.Errorf("failed is %v", failed)
	}
}

func TestADefinitionIsServedBeforeWhatBuildsOnIt(t *testing.T) {
	b := newBench(t)
	group := b.namespace + ".example.com" // a definition is the whole cluster's
	definition := b.object("1", strings.ReplaceAll(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  names: {kind: Gadget, plural: gadgets}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`, "GROUP", group))
	definition.SetNamespace("")
	gadget := b.object("1", "{apiVersion: "+group+"/v1, kind: Gadget, metadata: {name: one}}")
	b.want("CustomResourceDefinition/gadgets."+group+" created, Gadget/one created", gadget, definition)
}

func TestAnObjectOfAnotherSetIsRefusedWhileThatSetExists(t *testing.T) {
	b := newBench(t)
	theirs := b.configMap("1", "one", "theirs")
	apply.SetOwner(theirs.Unstructured, apply.Owner{Name: "other", Namespace: b.namespace})
	b.run(theirs)

	b.others["other"] = true
	_, failed := b.run(b.configMap("1", "one", "mine"))
	if err := failed["1"]; err == nil || !strings.Contains(err.Error(), "belongs to ResourceSet "+b.namespace+"/other") {
		t.Fatalf("failed is %v", failed)
	}
	b.others["other"] = false
	b.want("ConfigMap/one configured", b.configMap("1", "one", "mine"))
}

func TestAnImmutableFieldIsExplainedAndForced(t *testing.T) {
	b := newBench(t)
	immutable := func(value, annotation string) apply.Object {
		return b.object("1", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, annotations: {"+annotation+"}}, data: {key: "+value+"}, immutable: true}")
	}
	b.run(immutable("a", ""))
	_, failed := b.run(immutable("b", ""))
	if err := failed["1"]; err == nil || !strings.Contains(err.Error(), "fluxcd.controlplane.io/force: enabled") {
		t.Fatalf("failed is %v", failed)
	}
	b.want("ConfigMap/one configured", immutable("b", "fluxcd.controlplane.io/force: Enabled"))
	if value := b.get("one").Data["key"]; value != "b" {
		t.Errorf("the value is %q, want b", value)
	}
}

func TestASecretsStringDataIsStoredAsData(t *testing.T) {
	b := newBench(t)
	secret := b.object("1", "{apiVersion: v1, kind: Secret, metadata: {name: one}, stringData: {key: value}}")
	b.want("Secret/one created", secret)
	b.want("", secret)
}

func TestOwnerLabelsWin(t *testing.T) {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetLabels(map[string]string{"resourceset.fluxcd.controlplane.io/name": "intruder", "app": "api"})
	apply.SetOwner(object, apply.Owner{Name: "set", Namespace: "app-dev"})
	labels := object.GetLabels()
	if labels["resourceset.fluxcd.controlplane.io/name"] != "set" || labels["app"] != "api" {
		t.Errorf("the labels are %v", labels)
	}
}

func TestAnAccountThatMayNotListIsAskedForEachObject(t *testing.T) {
	b := newBench(t)
	one := b.configMap("1", "one", "a")
	b.run(one)
	b.Client = impersonate(t, b.namespace, "get", "patch")
	live, err := b.Observe(context.Background(), apply.InventoryOf([]apply.Object{one, b.configMap("2", "two", "a")}))
	if err != nil {
		t.Fatal(err)
	}
	if live.Get(object.RefOf(one.Unstructured)) == nil || live.Get(object.Ref{Kind: "ConfigMap", Namespace: b.namespace, Name: "two"}) != nil {
		t.Errorf("observed %v, want one of the two", live)
	}
}

// impersonate returns a client of an account with some verbs on ConfigMaps.
func impersonate(t *testing.T, namespace string, verbs ...string) client.Client {
	t.Helper()
	role := "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: tenant}, rules: [{apiGroups: [''], resources: [configmaps], verbs: [" + strings.Join(verbs, ",") + "]}]}"
	binding := "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: tenant}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: tenant}, subjects: [{kind: ServiceAccount, name: tenant, namespace: " + namespace + "}]}"
	for _, text := range []string{role, binding} {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
			t.Fatal(err)
		}
		object.SetNamespace(namespace)
		if err := server.Client.Create(context.Background(), object); err != nil {
			t.Fatal(err)
		}
	}
	config := rest.CopyConfig(server.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + namespace + ":tenant"}
	tenant, err := client.New(config, client.Options{Scheme: server.Client.Scheme(), Mapper: server.Client.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	// The API server learns of a new binding a moment after it is stored.
	gomega.NewWithT(t).Eventually(func() bool {
		err := tenant.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "nobody"}, &corev1.ConfigMap{})
		return apierrors.IsNotFound(err)
	}, 10*time.Second).Should(gomega.BeTrue())
	return tenant
}

func TestAnObjectThatIsWrongIsNotDeletedForTheSakeOfAChange(t *testing.T) {
	b := newBench(t)
	b.owner.Force = true
	service := func(port string) apply.Object {
		return b.object("1", "{apiVersion: v1, kind: Service, metadata: {name: api}, spec: {ports: [{port: "+port+"}]}}")
	}
	b.run(service("80"))
	if _, failed := b.run(service("99999")); failed["1"] == nil {
		t.Fatal("a port of 99999 was accepted")
	}
	if !b.exists(service("80")) {
		t.Error("the service was deleted, and cannot be made anew")
	}
}
