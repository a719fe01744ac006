package watcher

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// watchTags creates a provider named prs for a registry.
func (b *bench) watchTags(r *forge.Registry, filter *v1.InputProviderFilter) {
	b.t.Helper()
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "authority", Namespace: b.namespace}, Data: map[string][]byte{"ca.crt": r.Authority}})
	b.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "pull", Namespace: b.namespace}, Type: corev1.SecretTypeDockerConfigJson,
		StringData: map[string]string{corev1.DockerConfigJsonKey: fmt.Sprintf(`{"auths":{%q:{"username":"flux","password":%q}}}`, r.Host, forge.Token)},
	})
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace},
		Spec: v1.ResourceSetInputProviderSpec{
			Type: v1.InputProviderOCIArtifactTag, URL: r.URL, Filter: filter,
			SecretRef:     &meta.LocalObjectReference{Name: "pull"},
			CertSecretRef: &meta.LocalObjectReference{Name: "authority"},
			Skip:          &v1.InputProviderSkip{Labels: []string{"!build/image-ready"}}, // tags have no labels
		},
	})
}

// wantTags runs the provider and compares the tags that it exports, in order.
func (b *bench) wantTags(want ...string) *v1.ResourceSetInputProvider {
	b.t.Helper()
	provider := b.run()
	var got []string
	for _, in := range provider.Status.ExportedInputs {
		got = append(got, in.Text("tag"))
		if !strings.HasPrefix(in.Text("digest"), "sha256:") || in.Text("id") == "" || in["fork"] != nil {
			b.t.Errorf("exported %s", exportedJSON(b.t, provider))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Fatalf("exported %v, want %v; %v", got, want, provider.Status.Conditions)
	}
	return provider
}

func TestManyTagsCostAListingAndTheDigestsOfThoseThatAreKept(t *testing.T) {
	b := newBench(t)
	r := forge.NewRegistry(t)
	for n := range 250 {
		r.Push(t, "", fmt.Sprintf("pr-%03d", n), fmt.Sprintf("main-%03d", n))
	}
	b.watchTags(r, &v1.InputProviderFilter{IncludeTag: "^pr-", ExcludeTag: "9$", Limit: 3})
	b.wantTags("pr-248", "pr-247", "pr-246")
	if pages, digests := r.Asked("/tags/list"), r.Asked("/manifests/"); pages != 5 || digests != 3 {
		t.Errorf("asked for %d pages and %d digests", pages, digests)
	}
}

func TestTheHighestVersionsOfARangeAreKept(t *testing.T) {
	b := newBench(t)
	r := forge.NewRegistry(t)
	r.Push(t, "", "latest", "v1.9.0", "v1.10.0", "v2.0.0", "1.10.0-rc.1")
	b.watchTags(r, &v1.InputProviderFilter{Semver: "1.x", Limit: 2})
	b.wantTags("v1.10.0", "v1.9.0")
	r.Push(t, "", "1.11.0")
	b.wantTags("1.11.0", "v1.10.0")
	r.Delete(t, "v1.10.0")
	b.wantTags("1.11.0", "v1.9.0")
}

func TestATagThatMovesIsExportedWithItsNewDigest(t *testing.T) {
	b := newBench(t)
	r := forge.NewRegistry(t)
	r.Push(t, "one", "main")
	b.watchTags(r, nil)
	before := b.wantTags("main").Status.ExportedInputs[0].Text("digest")
	r.Push(t, "two", "main")
	provider := b.wantTags("main")
	if after := provider.Status.ExportedInputs[0].Text("digest"); after == before || provider.Status.ExportedInputs[0]["id"] == nil {
		t.Errorf("the digest is still %s", after)
	}
}

func TestARegistrysGlitchLosesNoTag(t *testing.T) {
	list := func(fault forge.Fault) forge.Fault {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/list") && fault(w, r)
		}
	}
	b := newBench(t)
	r := forge.NewRegistry(t)
	r.Push(t, "", "a", "b")
	b.watchTags(r, nil)
	b.wantTags("b", "a")
	for name, fault := range map[string]forge.Fault{
		"a token service in trouble": forge.Status(http.StatusServiceUnavailable),
		"a rate limit":               list(forge.Status(http.StatusTooManyRequests, "Retry-After", "60")),
		"a truncated list":           list(forge.Truncated()),
		"a web page":                 list(forge.SignInPage(http.StatusOK)),
		"digests that fail": func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/manifests/") && forge.Status(http.StatusBadGateway)(w, r)
		},
	} {
		t.Run(name, func(*testing.T) {
			r.Break(fault)
			b.wantReady(b.wantTags("b", "a"), metav1.ConditionFalse, meta.ReconciliationFailedReason, r.URL)
		})
	}
	// A list that forgets is not believed.
	r.Break(list(forge.Body("application/json", `{"name": "acme/api", "tags": []}`)))
	b.wantTags("b", "a")
	r.Delete(t, "a")
	b.wantTags("b")
	r.Break(nil)
	b.wantReady(b.wantTags("b"), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
}

func TestAServicesInputsAreExportedAsTheyAre(t *testing.T) {
	b := newBench(t)
	s := forge.NewService(t)
	var inputs []map[string]any
	for n := range 150 {
		inputs = append(inputs, map[string]any{"id": fmt.Sprint("env-", n), "replicas": n})
	}
	s.Say(inputs...)
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "auth", Namespace: b.namespace}, StringData: map[string]string{"token": forge.Token}})
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace},
		Spec: v1.ResourceSetInputProviderSpec{
			Type: v1.InputProviderExternalService, URL: s.URL, Insecure: true, SecretRef: &meta.LocalObjectReference{Name: "auth"},
			DefaultValues: v1.ResourceSetInput{"tier": jsonText("dev"), "replicas": jsonText("never")},
		},
	})
	provider := b.run()
	if got := len(provider.Status.ExportedInputs); got != 150 {
		t.Fatalf("exported %d inputs; %v", got, provider.Status.Conditions)
	}
	last := provider.Status.ExportedInputs[149]
	if last.Text("id") != "env-149" || string(last["replicas"].Raw) != "149" || last.Text("tier") != "dev" || len(last) != 3 {
		t.Errorf("exported %v", last)
	}
	s.Break(forge.Body("application/json", `{"inputs": null}`))
	if provider = b.run(); len(provider.Status.ExportedInputs) != 150 {
		t.Errorf("after a bad answer there are %d inputs", len(provider.Status.ExportedInputs))
	}
	b.wantReady(provider, metav1.ConditionFalse, meta.ReconciliationFailedReason, "no list under the key inputs")
	s.Break(nil)
	s.Say(inputs[:1]...)
	if provider = b.run(); len(provider.Status.ExportedInputs) != 1 {
		t.Errorf("exported %d inputs", len(provider.Status.ExportedInputs))
	}
}
