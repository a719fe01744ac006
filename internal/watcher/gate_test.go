package watcher

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	v1image "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/test/forge"
)

// gated watches a forge with a gate of one image, and a clock that is set by hand.
func (b *bench) gated(f *forge.Forge, r *forge.Registry, change func(*v1.GateImage)) (pass func(time.Duration)) {
	b.t.Helper()
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "authority", Namespace: b.namespace}, Data: map[string][]byte{"ca.crt": r.Authority}})
	b.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "pull", Namespace: b.namespace}, Type: corev1.SecretTypeDockerConfigJson,
		StringData: map[string]string{corev1.DockerConfigJsonKey: fmt.Sprintf(`{"auths":{%q:{"username":"flux","password":%q}}}`, r.Host, forge.Token)},
	})
	image := v1.GateImage{
		Name: "api", Repository: strings.TrimPrefix(r.URL, "oci://"), SecretRef: &meta.LocalObjectReference{Name: "pull"},
		CertSecretRef: &meta.LocalObjectReference{Name: "authority"},
	}
	if change != nil {
		change(&image)
	}
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Skip = nil
		p.Spec.Gate = &v1.Gate{Images: []v1.GateImage{image}}
	})
	now := time.Now()
	b.Now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

// proved are the digests that are exported, as id=digest.
func proved(t *testing.T, provider *v1.ResourceSetInputProvider) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, in := range provider.Status.ExportedInputs {
		var images map[string]map[string]string
		if in["images"] == nil || json.Unmarshal(in["images"].Raw, &images) != nil {
			t.Fatalf("no images: %s", exportedJSON(t, provider))
		}
		api := images["api"]
		if api["ref"] != api["repository"]+"@"+api["digest"] || !strings.HasPrefix(api["digest"], "sha256:") {
			t.Fatalf("the image is %v", api)
		}
		out[in.Text("id")] = api["digest"]
	}
	return out
}

func TestACommitIsExportedOnceItsVeryImageIsThere(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b, r := newBench(t), forge.NewRegistry(t)
			pass := b.gated(f, r, nil)
			repository := strings.TrimPrefix(r.URL, "oci://")
			one := f.Open(forge.Request{SHA: "a"})
			b.wantHeld("", "1@a() WaitingForImage: waits for the image "+repository+":a")
			if b.result.RequeueAfter <= 0 || b.result.RequeueAfter > 10*time.Second {
				t.Errorf("the next look is after %s", b.result.RequeueAfter)
			}
			r.Push(t, "", "a")
			b.want("") // it is looked for again in ten seconds
			pass(10 * time.Second)
			first := b.wantHeld("1@a", "")
			digest := proved(t, first)["1"]

			f.Push(one, "b")
			behind := b.wantHeld("1@a", "1@b(a) WaitingForImage: waits for the image "+repository+":b")
			if proved(t, behind)["1"] != digest {
				t.Errorf("the running preview has another image: %v", proved(t, behind))
			}
			r.Push(t, "", "b")
			pass(10 * time.Second)
			if second := proved(t, b.wantHeld("1@b", "")); second["1"] == digest {
				t.Errorf("another commit has the same image: %v", second)
			}
		})
	}
}

func TestHowLongEvidenceIsWaitedForIsMeasuredOnce(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	b.Measures = report.NewMeasures(nil)
	pass := b.gated(f, r, nil)
	f.Open(forge.Request{SHA: "a"})
	b.want("")
	pass(90 * time.Second)
	r.Push(t, "", "a")
	for range 3 {
		b.want("1@a")
		pass(time.Hour)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(b.Measures)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "eddy_gate_wait_seconds" {
			if one := family.GetMetric()[0].GetHistogram(); one.GetSampleCount() != 1 || one.GetSampleSum() != 90 {
				t.Errorf("measured is %v", one)
			}
			return
		}
	}
	t.Error("nothing is measured")
}

func TestEvidenceOnceMetIsNeverAskedForAgain(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	f.Open(forge.Request{SHA: "a"})
	r.Push(t, "", "a")
	met := proved(t, b.want("1@a"))
	asked := r.Asked("")
	r.Delete(t, "a") // it is purged
	for range 3 {
		pass(time.Hour)
		b.Looks.Forget(types.NamespacedName{Namespace: b.namespace, Name: "prs"}) // as a restart does
		if now := proved(t, b.want("1@a")); now["1"] != met["1"] {
			t.Fatalf("the image is %v, and was %v", now, met)
		}
	}
	if now := r.Asked(""); now != asked {
		t.Errorf("the registry was asked %d times more", now-asked)
	}
}

func TestARegistryInTroubleHoldsUpWhoWaitsForItAndNobodyElse(t *testing.T) {
	for claim, test := range map[string]struct {
		fault forge.Fault
		words string
	}{
		"is down":     {forge.Status(http.StatusServiceUnavailable), "503"},
		"refuses":     {forge.Status(http.StatusForbidden), "403"},
		"wants login": {forge.Status(http.StatusUnauthorized), "401"},
	} {
		t.Run(claim, func(t *testing.T) {
			b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
			pass := b.gated(f, r, nil)
			f.Open(forge.Request{SHA: "a"})
			r.Push(t, "", "a", "b")
			b.want("1@a")
			r.Break(func(w http.ResponseWriter, req *http.Request) bool {
				return strings.Contains(req.URL.Path, "/manifests/") && test.fault(w, req)
			})
			f.Open(forge.Request{SHA: "b"})
			for range 4 {
				provider := b.want("1@a")
				b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
				if got := heldBy(provider); !strings.Contains(got, "2@b() EvidenceUnavailable: waits, as it cannot be told whether") || !strings.Contains(got, test.words) {
					t.Fatalf("held is %s", got)
				}
				pass(time.Minute)
			}
			if got := heldBy(b.want("1@a")); claim == "refuses" && !strings.Contains(got, "or there is no permission to pull it") {
				t.Errorf("held is %s", got)
			}
			r.Break(nil)
			pass(time.Hour)
			b.wantHeld("1@a 2@b", "")
		})
	}
}

func TestAnImageOfAnotherCommitIsNoEvidence(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, func(i *v1.GateImage) { i.Tag, i.Revision = "pr-<< inputs.id >>", v1.RevisionLabel })
	f.Open(forge.Request{SHA: "abc"})
	for _, step := range []struct {
		revision, inputs, words string
	}{
		{"-", "", "the one that is there has no label org.opencontainers.image.revision"},
		{"fff", "", "the one that is there says revision fff (in a workflow for pull_request github.sha is the merge commit"},
		{"ABC", "1@abc", ""},
	} {
		r.PushImage(t, "pr-1", labelled(t, step.revision))
		pass(time.Minute)
		if got := heldBy(b.want(step.inputs)); !strings.Contains(got, step.words) || (step.words == "") != (got == "") {
			t.Errorf("%s: held is %q", step.revision, got)
		}
	}
}

// labelled is an image that says of which commit it was built.
func labelled(t *testing.T, revision string) v1image.Image {
	t.Helper()
	image, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.OS, config.Architecture = "linux", "amd64"
	if revision != "-" {
		config.Config.Labels = map[string]string{registry.RevisionLabel: revision}
	}
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestAnImageWithoutAPlatformThatIsNeededIsWaitedFor(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	b.gated(f, r, func(i *v1.GateImage) { i.Platforms = []string{"linux/amd64", "linux/arm64"} })
	f.Open(forge.Request{SHA: "a"})
	r.PushImage(t, "a", labelled(t, "-"))
	if got := heldBy(b.want("")); !strings.Contains(got, "for linux/arm64: it is there for linux/amd64") {
		t.Errorf("held is %s", got)
	}
}

func TestLooksBecomeRarerAndAreNeverGivenUp(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	f.Open(forge.Request{SHA: "a"})
	began := b.Now()
	var waits []string
	for b.Now().Sub(began) < 70*time.Minute {
		b.want("")
		waits = append(waits, b.result.RequeueAfter.Round(time.Second).String())
		pass(b.result.RequeueAfter)
	}
	if got := strings.Join(waits[:7], " "); got != "10s 15s 23s 34s 51s 1m0s 1m0s" {
		t.Errorf("looks were after %s", got)
	}
	b.wantEvent("Warning EvidenceOverdue 1 waits for the image " + strings.TrimPrefix(r.URL, "oci://") + ":a: not there after 1h0m0s")
	if last := waits[len(waits)-1]; last != "10m0s" {
		t.Errorf("after an hour it is looked for each %s", last)
	}
	r.Push(t, "", "a")
	b.wantHeld("1@a", "")
}

func TestALookThatFindsTheSameIsNoWrite(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	pass := b.gated(f, r, nil)
	f.Open(forge.Request{SHA: "a"})
	b.want("")
	first := b.want("")
	for range 5 {
		pass(time.Minute)
		if next := b.want(""); next.ResourceVersion != first.ResourceVersion {
			t.Fatalf("it was written: %s; %s", heldBy(first), heldBy(next))
		}
	}
}

func TestAGateThatCannotBeAskedSaysWhere(t *testing.T) {
	for tag, words := range map[string]string{
		"<< inputs.branch >>-<< inputs.sha >>":  `spec.gate.images[0].tag: "feature/x-a" is no valid tag`,
		"<< inputs.sha | nope >>":               `spec.gate.images[0].tag: function "nope" not defined`,
		"<< inputs.nothing >>-<< inputs.sha >>": `spec.gate.images[0].tag: there is no key "nothing"`,
	} {
		b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
		b.gated(f, r, func(i *v1.GateImage) { i.Tag = tag })
		f.Open(forge.Request{SHA: "a", Branch: "feature/x"})
		provider := b.want("")
		said := heldBy(provider) + conditions.GetMessage(provider, meta.ReadyCondition)
		if !strings.Contains(said, words) || strings.Contains(said, "spec.resources") {
			t.Errorf("%s: %s", tag, said)
		}
	}
}
