package apply_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
)

// restart forgets all that a process would.
func (b *bench) restart() { b.Memory = apply.NewMemory() }

func TestARestartCostsOneListingHoweverMuchIsOwned(t *testing.T) {
	b := newBench(t)
	var objects []apply.Object
	for n := range 20 {
		objects = append(objects, b.configMap("1", fmt.Sprintf("cm-%d", n), "a"))
	}
	b.run(objects...)
	b.restart()
	b.requests.Store(0)
	b.want("", objects...)
	if got := b.requests.Load(); got != 1 {
		t.Errorf("a restart with nothing to do costs %d requests, want 1", got)
	}
	b.requests.Store(0)
	b.want("", objects...)
	if got := b.requests.Load(); got != 1 {
		t.Errorf("the run after it costs %d requests, want 1", got)
	}
}

// workloads are objects in which the API server fills in much that was not
// asked for, and whose lists have keys of their own.
const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api}, annotations: {note: "a: b"}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: api:1
        ports: [{containerPort: 8080}, {containerPort: 9090, name: metrics, protocol: TCP}]
        env: [{name: A, value: "1"}, {name: B, valueFrom: {configMapKeyRef: {name: env, key: b}}}]
        args: [--verbose, "2"]
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      - {name: sidecar, image: "sidecar:1"}
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: api, finalizers: [example.com/hold]}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 81, targetPort: metrics}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec: {rules: [{host: api.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}]}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: api}
spec: {interval: 10m, prune: true, path: ./, sourceRef: {kind: GitRepository, name: fleet}, postBuild: {substitute: {PR: "1"}}, patches: [{patch: "x", target: {kind: Deployment}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: api}
stringData: {token: s3cret}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api}
imagePullSecrets: [{name: one}, {name: two}]
`

func (b *bench) workloads(edit ...string) []apply.Object {
	text := strings.NewReplacer(edit...).Replace(workloads)
	var out []apply.Object
	for _, document := range strings.Split(text, "\n---\n") {
		out = append(out, b.object("1", document))
	}
	// Many of each kind, so that they are listed whole.
	for n := range 6 {
		for _, object := range out[:6] {
			one := object.DeepCopy()
			one.SetName(fmt.Sprintf("%s-%d", one.GetName(), n))
			out = append(out, apply.Object{Unstructured: one, Group: "1"})
		}
	}
	return out
}

func TestAfterARestartWhatIsStoredIsRecognised(t *testing.T) {
	b := newBench(t)
	b.run(b.workloads()...)
	b.restart()
	b.requests.Store(0)
	b.want("", b.workloads()...)
	if got := b.requests.Load(); got != 6 {
		t.Errorf("%d requests for 6 kinds: an object that is as it was applied was written again", got)
	}
	for _, object := range b.workloads() { // so that the namespace can go
		b.release(object)
	}
}

// release takes the finalizers of an object away.
func (b *bench) release(object apply.Object) {
	b.t.Helper()
	if len(object.GetFinalizers()) > 0 {
		b.finalize(object)
	}
}

func TestAfterARestartEveryChangeIsSeen(t *testing.T) {
	cases := []struct{ name, from, to, changed string }{
		{"a number", "replicas: 2", "replicas: 3", "Deployment"},
		{"a field less", "replicas: 2\n", "\n", "Deployment"},
		{"an item of a list with keys", "value: \"1\"", "value: \"2\"", "Deployment"},
		{"an item less", "{containerPort: 8080}, ", "", "Deployment"},
		{"an item more", "args: [--verbose, \"2\"]", "args: [--verbose, \"2\", more]", "Deployment"},
		{"the order of items", `{name: A, value: "1"}, {name: B, valueFrom: {configMapKeyRef: {name: env, key: b}}}`, `{name: B, valueFrom: {configMapKeyRef: {name: env, key: b}}}, {name: A, value: "1"}`, "Deployment"},
		{"a label", "labels: {app: api}, annotations", "labels: {app: api, team: x}, annotations", "Deployment"},
		{"an annotation less", `, annotations: {note: "a: b"}`, "", "Deployment"},
		{"the value of a map", `PR: "1"`, `PR: "2"`, "Kustomization"},
		{"a list that is one value", "patch: \"x\"", "patch: \"y\"", "Kustomization"},
		{"a secret", "s3cret", "other", "Secret"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			keep := []string{"metadata: {name: api, finalizers: [example.com/hold]}", "metadata: {name: api}"}
			b.run(b.workloads(keep...)...)
			b.restart()
			got, failed := b.run(b.workloads(append(keep, c.from, c.to)...)...)
			if n := strings.Count(got, c.changed+"/"); n != 7 || strings.Count(got, "configured") != 7 || len(failed) > 0 {
				t.Errorf("changes are %q, %v, want the 7 of kind %s", got, failed, c.changed)
			}
		})
	}
}

func TestAfterARestartWhatIsUnwantedIsDeleted(t *testing.T) {
	b := newBench(t)
	var objects []apply.Object
	for n := range 8 {
		objects = append(objects, b.configMap("1", fmt.Sprintf("cm-%d", n), "a"))
	}
	b.run(objects...)
	b.restart()
	session, err := b.Open(context.Background(), b.owner, apply.InventoryOf(objects))
	if err != nil {
		t.Fatal(err)
	}
	pruned := session.Prune(context.Background(), apply.InventoryOf(objects[:1]))
	if left(pruned) != "" || b.exists(objects[0]) || !b.exists(objects[1]) {
		t.Errorf("left %q: %v", left(pruned), pruned.Why)
	}
}

func TestAfterARestartWhatSomebodyElseDidMeanwhileIsUndone(t *testing.T) {
	edits := map[string]func(*corev1.ConfigMap){
		"a value changed":  func(c *corev1.ConfigMap) { c.Data["key"] = "theirs" },
		"a value added":    func(c *corev1.ConfigMap) { c.Data["more"] = "theirs" },
		"a value taken":    func(c *corev1.ConfigMap) { delete(c.Data, "key") },
		"the labels taken": func(c *corev1.ConfigMap) { c.Labels["resourceset.fluxcd.controlplane.io/namespace"] = "none" },
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var objects []apply.Object
			for n := range 8 {
				objects = append(objects, b.configMap("1", fmt.Sprintf("cm-%d", n), "a"))
			}
			b.run(objects...)
			b.restart()
			found := b.get("cm-3")
			edit(found)
			if err := server.Client.Update(context.Background(), found, client.FieldOwner("kubectl-edit")); err != nil {
				t.Fatal(err)
			}
			b.want("ConfigMap/cm-3 configured", objects...)
			if got := b.get("cm-3").Data; len(got) != 1 || got["key"] != "a" {
				t.Errorf("the data is %v", got)
			}
		})
	}
}

func TestTheFieldsOfFormerManagersAreTakenOver(t *testing.T) {
	managers := []struct {
		name, manager string
		operation     metav1.ManagedFieldsOperationType
	}{
		{"Flux Operator", "flux-operator", metav1.ManagedFieldsOperationApply},
		{"kubectl apply", "kubectl-client-side-apply", metav1.ManagedFieldsOperationUpdate},
		{"kubectl apply --server-side", "kubectl", metav1.ManagedFieldsOperationApply},
		{"kubectl edit", "kubectl-edit", metav1.ManagedFieldsOperationUpdate},
		{"Helm", "helm", metav1.ManagedFieldsOperationUpdate},
		{"a manager that is named by a flag", "terraform", metav1.ManagedFieldsOperationApply},
	}
	for _, m := range managers {
		t.Run(m.name, func(t *testing.T) {
			b := newBench(t)
			b.Overridden = []string{"terraform"}
			before := b.object("1", `{apiVersion: v1, kind: ConfigMap, metadata: {name: one, annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}", meta.helm.sh/release-name: x}}, data: {key: a, old: b}}`)
			create(t, before.Unstructured, m.manager, m.operation)
			uid := b.get("one").UID
			b.want("ConfigMap/one configured", b.configMap("1", "one", "a"))

			now := b.get("one")
			if now.UID != uid {
				t.Error("it was recreated")
			}
			if len(now.Data) != 1 || len(now.Annotations) != 0 {
				t.Errorf("what the former manager left behind is still there: %v, %v", now.Data, now.Annotations)
			}
			if fields := now.ManagedFields; len(fields) != 1 || fields[0].Manager != "eddy" || fields[0].Operation != metav1.ManagedFieldsOperationApply {
				t.Errorf("the managed fields are %+v", fields)
			}
		})
	}
}

func TestTheFieldsOfControllersAreLeftAlone(t *testing.T) {
	b := newBench(t)
	one := b.configMap("1", "one", "a")
	b.run(one)
	found := b.get("one")
	found.Annotations = map[string]string{"deployment.kubernetes.io/revision": "1"}
	if err := server.Client.Update(context.Background(), found, client.FieldOwner("kube-controller-manager")); err != nil {
		t.Fatal(err)
	}
	b.run(b.configMap("1", "one", "b"))
	if got := b.get("one"); got.Annotations["deployment.kubernetes.io/revision"] != "1" || got.Data["key"] != "b" {
		t.Errorf("the object is %v, %v", got.Annotations, got.Data)
	}
}

// create writes an object as another manager would.
func create(t *testing.T, object *unstructured.Unstructured, manager string, operation metav1.ManagedFieldsOperationType) {
	t.Helper()
	var err error
	if operation == metav1.ManagedFieldsOperationApply {
		err = server.Client.Apply(context.Background(), client.ApplyConfigurationFromUnstructured(object.DeepCopy()), client.FieldOwner(manager))
	} else {
		err = server.Client.Create(context.Background(), object.DeepCopy(), client.FieldOwner(manager))
	}
	if err != nil {
		t.Fatal(err)
	}
}
