package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/forge"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// bench is the controller over a real API server, run by hand, with the statuses that
// the others would have written.
type bench struct {
	*Reconciler
	t         *testing.T
	f         *forge.Forge
	namespace string
	now       time.Time
	result    ctrl.Result
}

func newBench(t *testing.T, f *forge.Forge) *bench {
	t.Helper()
	b := &bench{t: t, f: f, namespace: server.Namespace(t), now: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)}
	f.Clock(func() time.Time { return b.now })
	b.restart()
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "login"}, StringData: map[string]string{"username": "flux", "password": forge.Token}})
	return b
}

// restart begins anew with what is stored.
func (b *bench) restart() {
	clock := func() time.Time { return b.now }
	pools := transport.NewPools(clock, transport.LocalNetworks())
	b.Reconciler = &Reconciler{
		Client: server.Client, Direct: server.Client, Now: clock, Open: source.Repository,
		Credentials: &credential.Reader{Client: server.Client, Pools: pools},
	}
}

func (b *bench) create(object client.Object) {
	b.t.Helper()
	object.SetNamespace(b.namespace)
	if err := server.Client.Create(context.Background(), object); err != nil {
		b.t.Fatal(err)
	}
}

// watch makes a provider of a service, and the set that uses it.
func (b *bench) watch(service string, told v1.Feedback) {
	b.t.Helper()
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: service + "-prs"},
		Spec:       v1.ResourceSetInputProviderSpec{Type: b.f.Type, URL: b.f.URL, SecretRef: &meta.LocalObjectReference{Name: "login"}, Feedback: &told},
	})
	b.create(&v1.ResourceSet{
		ObjectMeta: metav1.ObjectMeta{Name: service + "-pr-envs"},
		Spec: v1.ResourceSetSpec{
			Readiness:  &v1.Readiness{},
			Resources:  []*apiextensionsv1.JSON{{Raw: []byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}`)}},
			InputsFrom: []v1.InputProviderReference{{Kind: v1.ResourceSetInputProviderKind, Name: service + "-prs"}},
		},
	})
}

// provider returns that of a service as it is stored.
func (b *bench) provider(service string) *v1.ResourceSetInputProvider {
	b.t.Helper()
	out := &v1.ResourceSetInputProvider{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: service + "-prs"}, out); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// state is what a preview of a service is to be.
type state struct {
	id, sha, url string
	// branch is that of the request, and fork says that it is another repository's.
	branch  string
	fork    bool
	ready   metav1.ConditionStatus
	message string
	labels  []string
	// held is why the request waits, where it has no preview.
	held string
}

// is lets the previews of a service be in these states, and no others.
func (b *bench) is(service string, states ...state) {
	b.t.Helper()
	if err := retry.RetryOnConflict(retry.DefaultBackoff, func() error { return b.write(service, states) }); err != nil {
		b.t.Fatal(err)
	}
	b.now = b.now.Add(time.Second)
}

func (b *bench) write(service string, states []state) error {
	b.t.Helper()
	provider := b.provider(service)
	provider.Status.ExportedInputs, provider.Status.Held, provider.Status.LastExportedRevision = nil, nil, "sha256:0"
	set := &v1.ResourceSet{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: service + "-pr-envs"}, set); err != nil {
		b.t.Fatal(err)
	}
	set.Status.Previews = nil
	for _, s := range states {
		if s.held != "" {
			provider.Status.Held = append(provider.Status.Held, v1.HeldRequest{ID: s.id, SHA: s.sha, Reason: s.held, Message: "waits for something", Since: metav1.NewTime(b.now), Fork: s.fork, NoComment: slices.Contains(s.labels, v1.NoCommentLabel)})
			continue
		}
		input := v1.ResourceSetInput{}
		for key, value := range map[string]any{"id": s.id, "sha": s.sha, "labels": s.labels, "branch": s.branch, "fork": s.fork} {
			raw, err := json.Marshal(value)
			if err != nil {
				b.t.Fatal(err)
			}
			input[key] = &apiextensionsv1.JSON{Raw: raw}
		}
		provider.Status.ExportedInputs = append(provider.Status.ExportedInputs, input)
		set.Status.Previews = append(set.Status.Previews, v1.PreviewStatus{
			ID: s.id, Provider: provider.Name, SHA: s.sha, URL: s.url, Ready: s.ready, Message: s.message,
			Reason:             map[metav1.ConditionStatus]string{"True": "ReconciliationSucceeded", "False": v1.ReasonRolloutFailed, "Unknown": v1.ReasonDeploying}[s.ready],
			LastTransitionTime: metav1.NewTime(b.now),
		})
	}
	for _, object := range []client.Object{provider, set} {
		if err := server.Client.Status().Update(context.Background(), object); err != nil {
			return err
		}
	}
	return nil
}

// run lets the controller run once for a service.
func (b *bench) run(service string) {
	b.t.Helper()
	var err error
	b.result, err = b.Reconcile(context.Background(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: service + "-prs"}})
	if err != nil {
		b.t.Fatal(err)
	}
}

// settle lets it run as often as it wants to, for a time.
func (b *bench) settle(service string, most time.Duration) {
	b.t.Helper()
	b.run(service)
	for until := b.now.Add(most); b.result.RequeueAfter > 0 && b.now.Add(b.result.RequeueAfter).Before(until); {
		b.now = b.now.Add(b.result.RequeueAfter)
		b.run(service)
	}
}

// condition is FeedbackReady of the provider of api.
func (b *bench) condition() metav1.Condition {
	b.t.Helper()
	found := apimeta.FindStatusCondition(b.provider("api").Status.Conditions, v1.FeedbackReadyCondition)
	if found == nil {
		b.t.Fatal("there is no condition")
	}
	return *found
}

func sha(n int) string { return fmt.Sprintf("%040x", n) }
