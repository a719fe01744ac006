package reference_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/reference"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	out := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &out.Object); err != nil {
		t.Fatal(err)
	}
	return out
}

// resolver knows the objects of a cluster and counts how often they are read.
func resolver(t *testing.T, reads *int, cluster ...string) *reference.Resolver {
	t.Helper()
	return &reference.Resolver{Read: func(_ context.Context, source reference.Source) (*unstructured.Unstructured, error) {
		*reads++
		for _, text := range cluster {
			is := object(t, text)
			if is.GetKind() == source.Kind && is.GetNamespace() == source.Namespace && is.GetName() == source.Name {
				return is, nil
			}
		}
		return nil, nil
	}}
}

func TestTheChecksumIsOfNamesKeysAndBytesInOrder(t *testing.T) {
	reads := 0
	r := resolver(t, &reads, `{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {b: Qg==, a: QQ==}}`)
	own := object(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {k: v}, binaryData: {raw: /w==}}`)
	pod := object(t, `{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {fluxcd.controlplane.io/checksumFrom: "Secret/ns/s,ConfigMap/ns/c"}}}`)
	for _, o := range []*unstructured.Unstructured{own, pod} {
		if err := r.Fill(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Sum(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	text := "Secret/ns/s\x00a\x00A\x00b\x00B\x00ConfigMap/ns/c\x00k\x00v\x00raw\x00\xff\x00"
	want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
	if got := pod.GetAnnotations()["fluxcd.controlplane.io/checksum"]; got != want {
		t.Errorf("the checksum is %s, want %s", got, want)
	}
	if got := strings.Join(r.External(), " "); got != "Secret/ns/s" || reads != 1 {
		t.Errorf("external is %q, %d reads", got, reads)
	}
}

func TestAStringOfASecretCountsOverItsData(t *testing.T) {
	sum := func(secret string) string {
		reads := 0
		r := resolver(t, &reads, secret)
		o := object(t, `{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {fluxcd.controlplane.io/checksumFrom: Secret/ns/s}}}`)
		if err := r.Sum(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return o.GetAnnotations()["fluxcd.controlplane.io/checksum"]
	}
	if sum(`{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: eA==}, stringData: {a: A}}`) !=
		sum(`{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {a: QQ==}}`) {
		t.Error("the checksums differ")
	}
}

func TestWhatAsksForNothingIsLeftAlone(t *testing.T) {
	for text, asks := range map[string]bool{
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`:                                                                    false,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {fluxcd.controlplane.io/copyFrom: ns/s}}}`:              true,
		`{apiVersion: v1, kind: X, spec: {items: [{metadata: {annotations: {fluxcd.controlplane.io/checksumFrom: Secret/ns/s}}}]}}`: true,
		`{apiVersion: v1, kind: X, spec: {annotations: {fluxcd.controlplane.io/checksumFrom: Secret/ns/s}}}`:                        false,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {fluxcd.controlplane.io/copyFrom: ns/s}}`:                     false,
	} {
		if reference.Asks(object(t, text)) != asks {
			t.Errorf("%s: asks is not %v", text, asks)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	cases := []struct{ name, object, words string }{
		{"a copy into another kind", `{apiVersion: v1, kind: Service, metadata: {name: c, annotations: {fluxcd.controlplane.io/copyFrom: ns/s}}}`, "only a v1 ConfigMap or Secret can copy"},
		{"a kubeconfig in a Secret", `{apiVersion: v1, kind: Secret, metadata: {name: c, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: ns/s}}}`, "only a v1 ConfigMap can hold it"},
		{"a kubeconfig without a key", `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: ns/s}}}`, `Secret/ns/s: it has no key "kubeconfig" or "value"`},
		{"a kubeconfig without an authority", `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {fluxcd.controlplane.io/convertKubeConfigFrom: "ns/s:bare"}}}`, "needs server and certificate-authority-data"},
		{"data that is no map", `{apiVersion: v1, kind: Secret, data: x, metadata: {name: c, annotations: {fluxcd.controlplane.io/copyFrom: ns/s}}}`, "data is not a map"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			reads := 0
			// bare is {clusters: [{name: a, cluster: {server: "https://s"}}], users: [{name: u, user: {token: s3cret}}]}
			r := resolver(t, &reads, `{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}, data: {bare: e2NsdXN0ZXJzOiBbe25hbWU6IGEsIGNsdXN0ZXI6IHtzZXJ2ZXI6ICJodHRwczovL3MifX1dLCB1c2VyczogW3tuYW1lOiB1LCB1c2VyOiB7dG9rZW46IHMzY3JldH19XX0=}}`)
			err := r.Fill(t.Context(), object(t, c.object))
			if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
