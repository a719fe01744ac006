package templater

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// bench is a templater over a real API server, run by hand, in a namespace of
// its own.
type bench struct {
	*Reconciler
	t         *testing.T
	namespace string
	events    *record.FakeRecorder
	counter   *counter
}

// counter counts requests by verb and resource, such as "PATCH configmaps".
type counter struct {
	http.RoundTripper
	mu     sync.Mutex
	counts map[string]int
	// down is a part of the paths that are answered with 503; "" for none.
	down string
	// answered is told what was asked and answered; nobody is when nil.
	answered func(*http.Request)
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.down != "" && strings.Contains(req.URL.Path, c.down) {
		return &http.Response{
			StatusCode: http.StatusServiceUnavailable, Status: "503 Service Unavailable", Request: req,
			Header: http.Header{"Content-Type": {"text/plain"}}, Body: io.NopCloser(strings.NewReader("the service is down")),
		}, nil
	}
	_, path, _ := strings.Cut(req.URL.Path, "/namespaces/")
	parts := strings.Split(path, "/")
	if len(parts) > 1 {
		c.mu.Lock()
		c.counts[req.Method+" "+strings.Join(parts[1:min(len(parts), 2)], "")]++
		c.counts["all"]++
		c.mu.Unlock()
	}
	resp, err := c.RoundTripper.RoundTrip(req)
	if c.answered != nil {
		c.answered(req)
	}
	return resp, err
}

// count returns the requests from now on.
func (b *bench) count() map[string]int {
	b.counter.mu.Lock()
	defer b.counter.mu.Unlock()
	b.counter.counts = map[string]int{}
	return b.counter.counts
}

// restart forgets what a process does.
func (b *bench) restart() {
	b.memories, b.programs = memories{}, programs{}
}

func newBench(t *testing.T) *bench {
	t.Helper()
	namespace := server.Namespace(t)
	events := record.NewFakeRecorder(1000)
	requests := &counter{counts: map[string]int{}}
	config := rest.CopyConfig(server.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		requests.RoundTripper = next
		return requests
	})
	own, err := client.New(config, client.Options{Scheme: server.Client.Scheme(), Mapper: server.Client.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{
		t: t, namespace: namespace, events: events, counter: requests,
		Reconciler: &Reconciler{
			Client:            server.Client,
			Report:            &report.Reporter{Client: own, Events: events},
			Accounts:          &Accounts{Config: server.Config, Own: own},
			Kinds:             apply.NewKinds(server.Discovery, time.Now),
			RequeueDependency: time.Second,
			Concurrency:       4,
			Now:               time.Now,
		},
	}
}

// provider creates a provider that has exported one input for each id; with no
// ids it has reported that there are none.
func (b *bench) provider(name string, ids ...string) {
	b.t.Helper()
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic},
	}
	if err := server.Client.Create(context.Background(), provider); err != nil {
		b.t.Fatal(err)
	}
	b.export(name, ids...)
}

// export replaces what a provider exports.
func (b *bench) export(name string, ids ...string) {
	b.t.Helper()
	var inputs []v1.ResourceSetInput
	for _, id := range ids {
		inputs = append(inputs, v1.ResourceSetInput{"id": text(id), "sha": text("c0ffee" + id), "title": text("About " + id)})
	}
	b.exportInputs(name, inputs)
}

func (b *bench) exportInputs(name string, inputs []v1.ResourceSetInput) {
	b.t.Helper()
	provider := &v1.ResourceSetInputProvider{}
	if err := server.Client.Get(context.Background(), b.key(name), provider); err != nil {
		b.t.Fatal(err)
	}
	provider.Status.ExportedInputs = inputs
	provider.Status.LastExportedRevision = "sha256:" + time.Now().String()
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		b.t.Fatal(err)
	}
}

func text(value string) *apiextensionsv1.JSON {
	raw, _ := json.Marshal(value) // a string is always JSON
	return &apiextensionsv1.JSON{Raw: raw}
}

func (b *bench) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: b.namespace, Name: name}
}

// set creates a ResourceSet named "previews" from the YAML of its spec, in
// which NS stands for the namespace.
func (b *bench) set(spec string, annotations ...string) {
	b.t.Helper()
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: b.namespace, Annotations: map[string]string{}}}
	for _, pair := range annotations {
		key, value, _ := strings.Cut(pair, "=")
		set.Annotations[key] = value
	}
	if err := yaml.UnmarshalStrict([]byte(strings.ReplaceAll(spec, "NS", b.namespace)), &set.Spec); err != nil {
		b.t.Fatal(err)
	}
	if err := server.Client.Create(context.Background(), set); err != nil {
		b.t.Fatal(err)
	}
}

// run reconciles the set once and returns it as it is then; nil when it is gone.
func (b *bench) run() *v1.ResourceSet {
	b.t.Helper()
	_, _ = b.Reconcile(context.Background(), ctrl.Request{NamespacedName: b.key("previews")}) // the status tells
	return b.read()
}

// later lets time pass.
func (b *bench) later(d time.Duration) {
	now := b.Now
	b.Now = func() time.Time { return now().Add(d) }
}

func (b *bench) read() *v1.ResourceSet {
	b.t.Helper()
	set := &v1.ResourceSet{}
	err := server.Client.Get(context.Background(), b.key("previews"), set)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return set
}

// configMaps lists the names of the set's ConfigMaps.
func (b *bench) configMaps() string {
	b.t.Helper()
	var list corev1.ConfigMapList
	err := server.Client.List(context.Background(), &list, client.InNamespace(b.namespace),
		client.MatchingLabels{"resourceset.fluxcd.controlplane.io/name": "previews"})
	if err != nil {
		b.t.Fatal(err)
	}
	var names []string
	for _, item := range list.Items {
		names = append(names, item.Name)
	}
	return sorted(names)
}

func sorted(names []string) string {
	slices.Sort(names)
	return strings.Join(names, " ")
}

// uid returns what tells a ConfigMap from another of its name.
func (b *bench) uid(name string) types.UID {
	b.t.Helper()
	found := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), b.key(name), found); err != nil {
		b.t.Fatal(err)
	}
	return found.UID
}

// wantReady checks the Ready condition of a set.
func (b *bench) wantReady(set *v1.ResourceSet, status metav1.ConditionStatus, reason, words string) {
	b.t.Helper()
	ready := conditions.Get(set, meta.ReadyCondition)
	if ready == nil {
		b.t.Fatal("there is no Ready condition")
	}
	if ready.Status != status || ready.Reason != reason || !strings.Contains(ready.Message, words) {
		b.t.Fatalf("Ready is %s, %s: %s\nwant %s, %s: …%s…", ready.Status, ready.Reason, ready.Message, status, reason, words)
	}
}

// wantEvent checks that an event was recorded that says some words.
func (b *bench) wantEvent(words string) {
	b.t.Helper()
	var seen []string
	for {
		select {
		case event := <-b.events.Events:
			if strings.Contains(event, words) {
				return
			}
			seen = append(seen, event)
		default:
			b.t.Fatalf("no event says %q; there were:\n%s", words, strings.Join(seen, "\n"))
		}
	}
}
