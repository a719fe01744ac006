package watcher

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/forge"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// forges are all servers that the same cases are played on.
var forges = []func(testing.TB) *forge.Forge{forge.NewGitea, forge.NewGitHub, forge.NewGitLab, forge.NewAzureDevOps}

// bench is a watcher over a real API server, run by hand, with one provider.
type bench struct {
	*Reconciler
	t         *testing.T
	namespace string
	events    *record.FakeRecorder
	result    ctrl.Result
}

func newBench(t *testing.T) *bench {
	t.Helper()
	events := record.NewFakeRecorder(1000)
	return &bench{
		t: t, namespace: server.Namespace(t), events: events,
		Reconciler: &Reconciler{
			Client:      server.Client,
			Report:      &report.Reporter{Client: server.Client, Events: events},
			Credentials: &credential.Reader{Client: server.Client},
			NewSource:   source.New,
			Now:         time.Now,
		},
	}
}

// watch creates a provider named prs for a forge, and the Secret that it needs.
func (b *bench) watch(f *forge.Forge, change func(*v1.ResourceSetInputProvider)) {
	b.t.Helper()
	b.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "auth", Namespace: b.namespace},
		StringData: map[string]string{"username": "flux", "password": forge.Token + "\n"},
	})
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace, Annotations: map[string]string{}},
		Spec: v1.ResourceSetInputProviderSpec{
			Type: f.Type, URL: f.URL,
			SecretRef: &meta.LocalObjectReference{Name: "auth"},
			Skip:      &v1.InputProviderSkip{Labels: []string{"!build/image-ready"}},
		},
	}
	if change != nil {
		change(provider)
	}
	b.create(provider)
}

func (b *bench) create(object client.Object) {
	b.t.Helper()
	if err := server.Client.Create(context.Background(), object); err != nil {
		b.t.Fatal(err)
	}
}

// run reconciles the provider once and returns it as it is then.
func (b *bench) run() *v1.ResourceSetInputProvider {
	b.t.Helper()
	key := client.ObjectKey{Namespace: b.namespace, Name: "prs"}
	b.result, _ = b.Reconcile(context.Background(), ctrl.Request{NamespacedName: key}) // the status tells
	provider := &v1.ResourceSetInputProvider{}
	err := server.Client.Get(context.Background(), key, provider)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return provider
}

// exported lists what a provider exports, as id@sha.
func exported(provider *v1.ResourceSetInputProvider) string {
	var out []string
	for _, in := range provider.Status.ExportedInputs {
		var id, sha string
		_, _ = json.Unmarshal(in["id"].Raw, &id), json.Unmarshal(in["sha"].Raw, &sha) // empty where they are not texts
		out = append(out, id+"@"+sha)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (b *bench) want(inputs string) *v1.ResourceSetInputProvider {
	b.t.Helper()
	provider := b.run()
	if got := exported(provider); got != inputs {
		b.t.Fatalf("exported %q, want %q; Ready: %s", got, inputs, conditions.GetMessage(provider, meta.ReadyCondition))
	}
	return provider
}

func (b *bench) wantReady(provider *v1.ResourceSetInputProvider, status metav1.ConditionStatus, reason, words string) {
	b.t.Helper()
	ready := conditions.Get(provider, meta.ReadyCondition)
	if ready == nil || ready.Status != status || ready.Reason != reason || !strings.Contains(ready.Message, words) {
		b.t.Fatalf("Ready is %+v\nwant %s, %s: …%s…", ready, status, reason, words)
	}
}

func (b *bench) wantEvent(words string) {
	b.t.Helper()
	for {
		select {
		case event := <-b.events.Events:
			if strings.Contains(event, words) {
				return
			}
		default:
			b.t.Fatalf("no event says %q", words)
		}
	}
}

func TestTheSeedsGateHoldsOnEveryForge(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, nil)
			one := f.Open(forge.Request{SHA: "a"})
			f.Open(forge.Request{SHA: "b"})
			provider := b.want("")
			b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "Reconciliation finished in")
			if provider.Status.LastExportedRevision == "" {
				t.Error("an empty export has no revision: nobody can tell it from one that never was")
			}
			f.Label(one, "build/image-ready")
			b.want("1@a")
			b.wantEvent("revision sha256:")
			f.Push(one, "c")
			b.want("1@c")
			f.Unlabel(one, "build/image-ready")
			b.want("")
			f.Label(one, "build/image-ready")
			b.want("1@c")
			f.Close(one)
			b.want("")
		})
	}
}

func TestAGlitchLosesNothing(t *testing.T) {
	faults := map[string]forge.Fault{
		"502":              forge.Status(http.StatusBadGateway),
		"404":              forge.Status(http.StatusNotFound),
		"a sign-in page":   forge.SignInPage(http.StatusOK),
		"a truncated body": forge.Truncated(),
	}
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, nil)
			f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
			b.want("1@a")
			for name, fault := range faults {
				f.Break(fault)
				provider := b.want("1@a")
				b.wantReady(provider, metav1.ConditionFalse, meta.ReconciliationFailedReason, f.URL)
				if !conditions.IsReconciling(provider) {
					t.Errorf("%s: it does not say that it tries again", name)
				}
			}
			f.Mend()
			b.wantReady(b.want("1@a"), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
		})
	}
}

func TestWhatAListingForgetsIsLookedUp(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, nil)
			one := f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
			f.Open(forge.Request{SHA: "b", Labels: []string{"build/image-ready"}})
			b.want("1@a 2@b")
			f.Break(f.EmptyList())
			b.want("1@a 2@b")
			f.Push(one, "c")
			b.want("1@c 2@b")
			f.Close(one)
			b.want("2@b")
		})
	}
}

func TestAnIncompleteAnswerKeepsTheLastGoodInput(t *testing.T) {
	b := newBench(t)
	f := forge.NewAzureDevOps(t)
	b.watch(f, nil)
	one := f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
	f.Open(forge.Request{NoMerge: true, Labels: []string{"build/image-ready"}})
	b.want("1@a")
	f.Change(one, func(r *forge.Request) { r.NoMerge = true })
	b.want("1@a")
}

func TestTheForgesWaitIsObeyed(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	b.watch(f, nil)
	f.Break(forge.Status(http.StatusTooManyRequests, "Retry-After", "90"))
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "next try at")
	if b.result.RequeueAfter < 80*time.Second || b.result.RequeueAfter > 90*time.Second {
		t.Errorf("it tries again in %s", b.result.RequeueAfter)
	}
}

func TestTheIntervalIsTheAnnotations(t *testing.T) {
	for value, want := range map[string]time.Duration{"5m": 5 * time.Minute, "soon": 10 * time.Minute, "-1m": 10 * time.Minute, "": 10 * time.Minute} {
		b := newBench(t)
		b.watch(forge.NewGitea(t), func(p *v1.ResourceSetInputProvider) { p.Annotations[v1.ReconcileEveryAnnotation] = value })
		b.run()
		if b.result.RequeueAfter != want {
			t.Errorf("%q: next run after %s, want %s", value, b.result.RequeueAfter, want)
		}
	}
}

func TestTheTimeoutIsTheAnnotations(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Annotations[v1.ReconcileTimeoutAnnotation] = "50ms" })
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "deadline exceeded")
}

func TestARequestedRunIsAcknowledged(t *testing.T) {
	b := newBench(t)
	b.watch(forge.NewGitea(t), func(p *v1.ResourceSetInputProvider) { p.Annotations[meta.ReconcileRequestAnnotation] = "now" })
	if handled := b.run().Status.LastHandledReconcileAt; handled != "now" {
		t.Errorf("handled %q", handled)
	}
}

func TestAThousandRequestsInOneProvider(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	for range 1000 {
		f.Open(forge.Request{Labels: []string{"build/image-ready"}, Title: strings.Repeat("long ", 10)})
	}
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Limit: 2000} })
	if got := len(b.run().Status.ExportedInputs); got != 1000 {
		t.Errorf("exported %d inputs", got)
	}
}

func TestOfMoreThanFitsTheNewestAreNamedAndTheOthersExported(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Limit: 2000} })
	b.want("1@a")
	for range 1200 {
		f.Open(forge.Request{Labels: []string{"build/image-ready"}, Title: strings.Repeat("x", 1000)})
	}
	provider := b.run()
	got := len(provider.Status.ExportedInputs)
	if got < 500 || got > 1000 || provider.Status.ExportedInputs[got-1].Text("sha") != "a" {
		t.Fatalf("exported %d inputs", got)
	}
	b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, fmt.Sprintf("; %d inputs are left out: ", 1201-got))
	b.wantEvent("inputs are left out")
}

func TestOverTheLimitNewcomersWait(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Limit: 1} })
	b.want("1@a")
	f.Open(forge.Request{SHA: "b", Labels: []string{"build/image-ready"}})
	f.Push(1, "c")
	b.wantReady(b.want("1@c"), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "1 more match and wait: spec.filter.limit is 1")
}

func TestAStaticProviderExportsItsValues(t *testing.T) {
	b := newBench(t)
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic, DefaultValues: v1.ResourceSetInput{"env": jsonText("dev"), "id": jsonText("mine")}},
	})
	provider := b.run()
	b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	in := provider.Status.ExportedInputs[0]
	if want := fmt.Sprintf("%q", identity.Checksum(string(provider.UID))); string(in["id"].Raw) != want || string(in["env"].Raw) != `"dev"` || len(in) != 2 {
		t.Errorf("exported %s", exportedJSON(t, provider))
	}
}

func TestBadSpecsStallAndSayWhatToDo(t *testing.T) {
	cases := map[string]struct {
		change func(*v1.ResourceSetInputProvider)
		reason string
		words  string
	}{
		"a malformed URL":       {func(p *v1.ResourceSetInputProvider) { p.Spec.URL = "https://gitea.example.com/api" }, v1.ReasonInvalidSpec, "expected https://HOST/OWNER/REPOSITORY"},
		"an invalid expression": {func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{IncludeBranch: "a(b"} }, v1.ReasonInvalidSpec, "spec.filter.includeBranch"},
		"a bad schedule":        {func(p *v1.ResourceSetInputProvider) { p.Spec.Schedule = []v1.Schedule{{Cron: "sometimes"}} }, v1.ReasonInvalidSchedule, "spec.schedule[0].cron"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.watch(forge.NewGitea(t), c.change)
			provider := b.run()
			b.wantReady(provider, metav1.ConditionFalse, c.reason, c.words)
			b.wantReady(provider, metav1.ConditionFalse, c.reason, "terminally")
			if !conditions.IsStalled(provider) {
				t.Error("it is not stalled")
			}
			b.wantEvent(c.words)
		})
	}
}

func TestASecretThatIsMissingOrIncompleteIsNamed(t *testing.T) {
	b := newBench(t)
	b.watch(forge.NewGitea(t), func(p *v1.ResourceSetInputProvider) { p.Spec.SecretRef.Name = "other" })
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, `there is no Secret "other" in namespace`)
	for _, data := range []map[string]string{{"password": "s3cret"}, {"username": "flux"}, {"username": "flux", "password": " \n"}} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: b.namespace}, StringData: data}
		b.create(secret)
		provider := b.run()
		b.wantReady(provider, metav1.ConditionFalse, meta.ReconciliationFailedReason, "has no value under the key")
		if strings.Contains(conditions.GetMessage(provider, meta.ReadyCondition), "s3cret") {
			t.Error("the message holds the secret")
		}
		if err := server.Client.Delete(context.Background(), secret); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertificatesComeFromASecret(t *testing.T) {
	b := newBench(t)
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ca", Namespace: b.namespace}, StringData: map[string]string{"ca.crt": "nonsense"}})
	b.watch(forge.NewGitea(t), func(p *v1.ResourceSetInputProvider) { p.Spec.CertSecretRef = &meta.LocalObjectReference{Name: "ca"} })
	b.wantReady(b.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "spec.certSecretRef")
}

func TestAPrivateAuthorityIsTrustedWhenASecretNamesIt(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
	private := httptest.NewTLSServer(f)
	t.Cleanup(private.Close)
	private.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that it was not trusted
	path, _ := url.Parse(f.URL)                          // it is one
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.URL = private.URL + path.Path })
	b.wantReady(b.want(""), metav1.ConditionFalse, meta.ReconciliationFailedReason, "certificate")

	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: private.Certificate().Raw})
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ca", Namespace: b.namespace}, Data: map[string][]byte{"ca.crt": authority}})
	provider := b.run()
	provider.Spec.CertSecretRef = &meta.LocalObjectReference{Name: "ca"}
	if err := server.Client.Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.want("1@a")
}

func TestASuspendedProviderIsLeftAlone(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Annotations[v1.ReconcileAnnotation] = "disabled" })
	b.wantReady(b.run(), metav1.ConditionTrue, v1.ReasonReconciliationDisabled, "Initialized with reconciliation suspended")
	b.wantEvent("Reconciliation is disabled")
	if f.Asked() != 0 {
		t.Errorf("the forge was asked %d times", f.Asked())
	}
}

func TestOutsideOfItsScheduleAForgeIsNotAskedUnlessForced(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Open(forge.Request{SHA: "a", Labels: []string{"build/image-ready"}})
	b.Now = func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Schedule = []v1.Schedule{{Cron: "0 8 * * *", TimeZone: "UTC", Window: metav1.Duration{Duration: time.Hour}}}
	})
	provider := b.want("")
	b.wantReady(provider, metav1.ConditionTrue, v1.ReasonSkippedDueToSchedule, "next scheduled at 2026-03-02T08:00:00Z")
	b.wantEvent("Reconciliation skipped")
	if f.Asked() != 0 || provider.Status.NextSchedule == nil || b.result.RequeueAfter != 20*time.Hour {
		t.Errorf("asked %d times, next %v, in %s", f.Asked(), provider.Status.NextSchedule, b.result.RequeueAfter)
	}
	provider.Annotations = map[string]string{meta.ReconcileRequestAnnotation: "now", meta.ForceRequestAnnotation: "now"}
	if err := server.Client.Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	provider = b.want("1@a")
	if provider.Status.LastHandledForceAt != "now" {
		t.Errorf("handled %q", provider.Status.LastHandledForceAt)
	}
}

func TestADeletedProviderGoes(t *testing.T) {
	b := newBench(t)
	b.watch(forge.NewGitea(t), nil)
	if err := server.Client.Delete(context.Background(), b.run()); err != nil {
		t.Fatal(err)
	}
	if b.run() != nil {
		t.Error("it is still there")
	}
}
