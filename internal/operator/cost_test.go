package operator_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// requests counts what the operator asks of the API server, but for watches
// and discovery.
type requests struct {
	next http.RoundTripper

	mu     sync.Mutex
	counts map[string]int
	last   time.Time
}

func (r *requests) RoundTrip(req *http.Request) (*http.Response, error) {
	if resource, counts := resourceOf(req); counts {
		r.mu.Lock()
		r.counts[req.Method+" "+resource]++
		r.last = time.Now()
		r.mu.Unlock()
	}
	return r.next.RoundTrip(req)
}

// resourceOf returns the resource of a request, with its subresource.
func resourceOf(req *http.Request) (string, bool) {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	skip := map[string]int{"api": 2, "apis": 3}[parts[0]]
	if skip == 0 || len(parts) <= skip || req.URL.Query().Get("watch") != "" {
		return "", false
	}
	parts = parts[skip:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	if len(parts) == 3 {
		return parts[0] + "/" + parts[2], true
	}
	return parts[0], true
}

// during returns the requests that an action leads to: all until none comes any
// more.
func (r *requests) during(t *testing.T, action func()) (total int) {
	t.Helper()
	r.mu.Lock()
	r.counts, r.last = map[string]int{}, time.Now()
	r.mu.Unlock()
	action()
	const quiet = 1500 * time.Millisecond
	var counts map[string]int
	for {
		r.mu.Lock()
		since := time.Since(r.last)
		counts = maps.Clone(r.counts)
		r.mu.Unlock()
		if since > quiet {
			break
		}
		time.Sleep(quiet / 10)
	}
	for _, n := range counts {
		total += n
	}
	t.Logf("%d requests: %v", total, counts)
	return total
}

// flock is a set with many previews.
type flock struct {
	t         *testing.T
	namespace string
}

// export makes the provider export an input for each id, with the revision as
// its commit.
func (f flock) export(commits map[int]string) {
	f.t.Helper()
	provider := &v1.ResourceSetInputProvider{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: f.namespace, Name: "prs"}, provider); err != nil {
		f.t.Fatal(err)
	}
	changeStatus(f.t, provider, func() {
		provider.Status.ExportedInputs = nil
		for id := range 1000 {
			if commit, ok := commits[id]; ok {
				provider.Status.ExportedInputs = append(provider.Status.ExportedInputs, v1.ResourceSetInput{
					"id": {Raw: fmt.Appendf(nil, "%q", fmt.Sprint(id))}, "sha": {Raw: fmt.Appendf(nil, "%q", commit)},
				})
			}
		}
		provider.Status.LastExportedRevision = "sha256:" + time.Now().String()
	})
}

// kustomization reads one of the previews' objects.
func (f flock) kustomization(id int) *unstructured.Unstructured {
	f.t.Helper()
	found := &unstructured.Unstructured{}
	found.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
	found.SetKind("Kustomization")
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: f.namespace, Name: fmt.Sprintf("api-pr-%d", id)}, found); err != nil {
		f.t.Fatal(err)
	}
	return found
}

const flockSet = `
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-pr-<< inputs.id >>, namespace: << inputs.provider.namespace >>}
  spec:
    interval: 10m
    prune: true
    path: ./deploy/preview
    sourceRef: {kind: GitRepository, name: fleet}
    postBuild: {substitute: {PR_NUMBER: << inputs.id >>, COMMIT_SHA: << inputs.sha >>}}
`

// create makes the provider, suspended so that only the test speaks for it, and
// the set.
func (f flock) create() {
	f.t.Helper()
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{
		Name: "prs", Namespace: f.namespace, Annotations: map[string]string{v1.ReconcileAnnotation: v1.DisabledValue},
	}}
	provider.Spec.Type, provider.Spec.DefaultValues = v1.InputProviderStatic, map[string]*apiextensionsv1.JSON{}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: f.namespace}}
	if err := yaml.UnmarshalStrict([]byte(flockSet), &set.Spec); err != nil {
		f.t.Fatal(err)
	}
	for _, object := range []client.Object{provider, set} {
		if err := server.Client.Create(context.Background(), object); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f flock) set() *v1.ResourceSet {
	f.t.Helper()
	set := &v1.ResourceSet{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: f.namespace, Name: "previews"}, set); err != nil {
		f.t.Fatal(err)
	}
	return set
}

func (f flock) request() {
	f.t.Helper()
	set := f.set()
	base := set.DeepCopy()
	set.Annotations = map[string]string{"reconcile.fluxcd.io/requestedAt": time.Now().String()}
	if err := server.Client.Patch(context.Background(), set, client.MergeFrom(base)); err != nil {
		f.t.Fatal(err)
	}
}

// isEmpty says what is left.
func (f flock) isEmpty() error {
	if left := f.set().Status.Inventory; left != nil {
		return fmt.Errorf("%d objects are left", len(left.Entries))
	}
	return nil
}

func TestAChangeCostsOnlyItself(t *testing.T) {
	const previews = 150
	f := flock{t: t, namespace: server.Namespace(t)}
	counter := &requests{counts: map[string]int{}}
	cluster := rest.CopyConfig(server.Config)
	cluster.Wrap(func(next http.RoundTripper) http.RoundTripper { counter.next = next; return counter })
	stop := startOn(t, cluster, "--watch-namespaces="+f.namespace)
	f.create()
	commits := map[int]string{}
	for id := range previews {
		commits[id] = "c0ffee"
	}

	bound := func(name string, most int, action func(), check func() error) {
		t.Run(name, func(t *testing.T) {
			f, counter := flock{t: t, namespace: f.namespace}, counter
			if total := counter.during(t, action); total > most {
				t.Errorf("%d requests, want %d at most", total, most)
			}
			if err := check(); err != nil {
				t.Error(err)
			}
			if set := f.set(); !conditions.IsReady(set) || set.Status.PreviewCounts.Ready != int64(len(commits)) {
				t.Errorf("the set is %+v, %+v", set.Status.PreviewCounts, set.Status.Conditions)
			}
		})
	}
	is := func(id int, commit string) func() error {
		return func() error {
			got, _, err := unstructured.NestedString(f.kustomization(id).Object, "spec", "postBuild", "substitute", "COMMIT_SHA")
			if err == nil && got != commit {
				err = fmt.Errorf("preview %d has commit %s, want %s", id, got, commit)
			}
			return err
		}
	}

	bound("the first apply", previews*11/10+20, func() { f.export(commits) }, is(7, "c0ffee"))
	bound("nothing", 2, f.request, is(7, "c0ffee"))
	bound("one changed", 5, func() { commits[7] = "beef"; f.export(commits) }, is(7, "beef"))
	bound("one removed", 5, func() { delete(commits, 9); f.export(commits) }, is(8, "c0ffee"))
	bound("one edited by hand", 8, func() {
		found := f.kustomization(11)
		change(t, found, func() {
			_ = unstructured.SetNestedField(found.Object, "edited", "spec", "postBuild", "substitute", "COMMIT_SHA") // it is a map
		})
	}, is(11, "c0ffee"))
	bound("one deleted by hand", 8, func() {
		if err := server.Client.Delete(context.Background(), f.kustomization(12)); err != nil {
			t.Fatal(err)
		}
	}, is(12, "c0ffee"))
	bound("a restart", 30, func() {
		stop()
		startOn(t, cluster, "--watch-namespaces="+f.namespace)
	}, is(12, "c0ffee"))
	bound("one changed after a restart", 8, func() { commits[7] = "cafe"; f.export(commits) }, is(7, "cafe"))
	bound("all removed", previews*105/100+5, func() { clear(commits); f.export(commits) }, f.isEmpty)
}
