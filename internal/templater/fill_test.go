package templater

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const copies = `
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: v1
  kind: Secret
  metadata: {name: pull-<< inputs.id >>, namespace: NS, annotations: {fluxcd.controlplane.io/copyFrom: NS/shared}}
`

// secret writes a Secret of the bench's namespace.
func (b *bench) secret(name, value string) {
	b.t.Helper()
	object := &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace},
		Type:       "example.com/token", Data: map[string][]byte{"token": []byte(value), "bytes": {0xff, 0}},
	}
	raw, err := toUnstructured(object)
	if err == nil {
		err = server.Client.Apply(context.Background(), client.ApplyConfigurationFromUnstructured(raw), client.FieldOwner("test"), client.ForceOwnership)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) readSecret(name string) *corev1.Secret {
	b.t.Helper()
	found := &corev1.Secret{}
	if err := server.Client.Get(context.Background(), b.key(name), found); err != nil {
		b.t.Fatal(err)
	}
	return found
}

func TestASecretIsCopiedForEachPreviewAndReadOnce(t *testing.T) {
	b := newBench(t)
	b.secret("shared", "one")
	b.provider("prs", "1", "2", "3")
	b.set(copies)
	counted := b.count()
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := b.readSecret("pull-2"); string(got.Data["token"]) != "one" || len(got.Data["bytes"]) != 2 || got.Type != "example.com/token" {
		t.Errorf("the copy is %v, %v", got.Type, got.Data)
	}
	if got := counted["GET secrets"]; got != 4 { // the source, and whether each copy is there already
		t.Errorf("%d reads, want 4", got)
	}

	b.secret("shared", "two")
	b.run()
	if got := b.readSecret("pull-3"); string(got.Data["token"]) != "two" {
		t.Errorf("the copy is %v", got.Data)
	}
}

func TestWhatCannotBeTakenFailsItsPreviewAlone(t *testing.T) {
	const which = `'<< if eq inputs.id "2" >>%s<< else >>NS/shared<< end >>'`
	cases := []struct{ name, kind, annotation, words string }{
		{"a Secret that is not there", "Secret", "copyFrom: " + fmt.Sprintf(which, "NS/gone"), "Secret/NS/gone does not exist: create it, or correct the name"},
		{"a reference that is none", "Secret", "copyFrom: " + fmt.Sprintf(which, "shared"), `"shared" is not of the form namespace/name`},
		{"a Secret that is no kubeconfig", "ConfigMap", "convertKubeConfigFrom: " + fmt.Sprintf(which, "NS/shared:token"), "the kubeconfig"},
		{"a checksum of something else", "Secret", `checksumFrom: '<< if eq inputs.id "2" >>Pod/NS/x<< else >>Secret/NS/shared<< end >>'`, `"Pod/NS/x" is neither ConfigMap/namespace/name nor Secret/namespace/name`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.secret("shared", "s3cret")
			b.kubeconfig("shared")
			b.provider("prs", "1", "2")
			b.set("inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]\nresources:\n- {apiVersion: v1, kind: " + c.kind +
				", metadata: {name: one-<< inputs.id >>, namespace: NS, annotations: {fluxcd.controlplane.io/" + c.annotation + "}}}")
			set := b.run()
			bad := set.Status.Previews[1]
			if bad.Ready != metav1.ConditionFalse || bad.Reason != meta.ReconciliationFailedReason ||
				!strings.Contains(bad.Message, strings.ReplaceAll(c.words, "NS", b.namespace)) || !strings.Contains(bad.Message, "fluxcd.controlplane.io/") {
				t.Errorf("the preview is %+v", bad)
			}
			if strings.Contains(bad.Message, "s3cret") {
				t.Error("the message tells the secret")
			}
			if good := set.Status.Previews[0]; good.Ready != metav1.ConditionTrue {
				t.Errorf("the other preview is %+v", good)
			}
		})
	}
}

func TestAPreviewIsAppliedOnceWhatItTakesFromIsThere(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(copies)
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonPreviewsFailed, "shared does not exist")
	b.secret("shared", "one")
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
}

func TestACopyIsReadAsTheSetsAccount(t *testing.T) {
	b := newBench(t)
	b.secret("shared", "one")
	b.provider("prs", "1")
	b.set(copies + "\nserviceAccountName: tenant\n")
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonPreviewsFailed, `system:serviceaccount:`+b.namespace+`:tenant" cannot get resource "secrets"`)
}

// kubeconfig adds a kubeconfig to a Secret.
func (b *bench) kubeconfig(name string) {
	b.t.Helper()
	found := b.readSecret(name)
	found.Data["kubeconfig"] = []byte(`{clusters: [{name: a, cluster: {server: "https://one:6443", certificate-authority-data: ` +
		base64.StdEncoding.EncodeToString([]byte("AUTHORITY")) + `}}, {name: b, cluster: {server: "https://two"}}], users: [{name: u, user: {token: s3cret}}]}`)
	if err := server.Client.Update(context.Background(), found); err != nil {
		b.t.Fatal(err)
	}
}

func TestAKubeconfigBecomesAnAddressAndAnAuthority(t *testing.T) {
	b := newBench(t)
	b.secret("cluster", "x")
	b.kubeconfig("cluster")
	b.set(`resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: NS/cluster}}, data: {more: x}}]`)
	b.run()
	found := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), b.key("one"), found); err != nil {
		t.Fatal(err)
	}
	if got := found.Data; len(got) != 3 || got["address"] != "https://one:6443" || got["ca.crt"] != "AUTHORITY" || got["more"] != "x" {
		t.Errorf("the data is %v", got)
	}
}

func TestAChecksumFollowsWhatItIsOf(t *testing.T) {
	b := newBench(t)
	b.secret("external", "one")
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: config-<< inputs.id >>, namespace: NS}, data: {title: << inputs.title | quote >>}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: api-<< inputs.id >>, namespace: NS}
  spec:
    selector: {matchLabels: {app: api}}
    template:
      metadata: {labels: {app: api}, annotations: {fluxcd.controlplane.io/checksumFrom: "ConfigMap/NS/config-<< inputs.id >>, Secret/NS/external"}}
      spec: {containers: [{name: api, image: api}]}
`)
	sum := func() string {
		set := b.run()
		if got := strings.Join(set.Status.ExternalChecksumRefs, " "); got != "Secret/"+b.namespace+"/external" {
			t.Errorf("the external references are %q", got)
		}
		found := b.object("apps/v1", "Deployment", "api-1")
		got, _, err := unstructured.NestedString(found.Object, "spec", "template", "metadata", "annotations", v1.ChecksumAnnotation)
		if err != nil || !strings.HasPrefix(got, "sha256:") {
			t.Fatalf("the checksum is %q, %v", got, err)
		}
		return got
	}
	first := sum()
	if again := sum(); again != first {
		t.Error("the checksum changed by itself")
	}
	b.secret("external", "two")
	second := sum()
	b.exportInputs("prs", []v1.ResourceSetInput{{"id": text("1"), "title": text("another")}})
	if third := sum(); second == first || third == second {
		t.Errorf("the checksums are %s, %s, %s", first, second, third)
	}
}

func toUnstructured(object any) (*unstructured.Unstructured, error) {
	raw, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	return &unstructured.Unstructured{Object: raw}, err
}
