package faults_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/test/rig"
)

// resources are what each preview has: one object that counts its generations,
// and one that does not.
const resources = `
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: api-<< inputs.id >>, namespace: << inputs.provider.namespace >>}
  data: {sha: << inputs.sha | quote >>}
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-<< inputs.id >>, namespace: << inputs.provider.namespace >>}
  spec:
    interval: 10m
    prune: true
    path: ./preview
    sourceRef: {kind: GitRepository, name: fleet}
    postBuild: {substitute: {COMMIT_SHA: << inputs.sha | quote >>}}
`

// campaign is what happens to the pull requests of one set, and what was seen of
// their objects meanwhile.
type campaign struct {
	t       *testing.T
	bench   *bench
	flock   *rig.Flock
	commits map[string]string
	next    int

	mu sync.Mutex
	// closed are all requests that were ever closed.
	closed map[string]bool
	// deleted are the objects that were seen to go, by UID.
	deleted map[types.UID]string
}

func newCampaign(t *testing.T, b *bench, previews int) *campaign {
	t.Helper()
	flock, err := b.NewFlock(t.Context(), resources)
	if err != nil {
		t.Fatal(err)
	}
	s := &campaign{t: t, bench: b, flock: flock, commits: map[string]string{}, closed: map[string]bool{}, deleted: map[types.UID]string{}}
	for range previews {
		s.open()
	}
	go s.watch(t.Context())
	s.mustExport()
	return s
}

func (s *campaign) open() {
	s.next++
	s.commits[fmt.Sprint(s.next)] = fmt.Sprintf("c0ffee%d", s.bench.random.Uint32())
}

// change closes some requests, pushes to some, and opens as many new ones.
func (s *campaign) change() {
	s.t.Helper()
	n := 0
	for id := range maps.Clone(s.commits) {
		switch s.bench.random.IntN(10) {
		case 0:
			s.mu.Lock()
			s.closed[id] = true
			s.mu.Unlock()
			delete(s.commits, id)
			n++
		case 1:
			s.commits[id] = fmt.Sprintf("c0ffee%d", s.bench.random.Uint32())
		}
	}
	for range n {
		s.open()
	}
	s.mustExport()
}

func (s *campaign) export() error { return s.flock.Export(context.Background(), s.commits) }

func (s *campaign) mustExport() {
	s.t.Helper()
	if err := s.export(); err != nil {
		s.t.Fatal(err)
	}
}

// watch notes what is deleted. The history of the API server ends with each of
// its restarts, so what is gone then is found by listing.
func (s *campaign) watch(ctx context.Context) {
	known := map[types.UID]corev1.ConfigMap{}
	for ctx.Err() == nil {
		list := &corev1.ConfigMapList{}
		if err := s.bench.Client.List(ctx, list, client.InNamespace(s.flock.Namespace)); err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		gone := maps.Clone(known)
		for _, object := range list.Items {
			known[object.UID] = object
			delete(gone, object.UID)
		}
		for uid, object := range gone {
			delete(known, uid)
			s.note(object)
		}
		s.follow(ctx, known, list.ResourceVersion)
	}
}

// follow watches from a version on, for as long as the API server lets it.
func (s *campaign) follow(ctx context.Context, known map[types.UID]corev1.ConfigMap, version string) {
	watch, err := s.bench.Client.Watch(ctx, &corev1.ConfigMapList{}, &client.ListOptions{
		Namespace: s.flock.Namespace, Raw: &metav1.ListOptions{ResourceVersion: version},
	})
	if err != nil {
		return
	}
	defer watch.Stop()
	for event := range watch.ResultChan() {
		object, ok := event.Object.(*corev1.ConfigMap)
		if !ok {
			return
		}
		known[object.UID] = *object
		if event.Type == apiwatch.Deleted {
			delete(known, object.UID)
			s.note(*object)
		}
	}
}

func (s *campaign) note(object corev1.ConfigMap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.deleted[object.UID]; twice {
		s.t.Errorf("%s was deleted twice", object.Name)
	}
	s.deleted[object.UID] = object.Name
	if id := object.Name[len("api-"):]; !s.closed[id] {
		s.t.Errorf("the preview of request %s was deleted, which was never closed", id)
	}
}

// mustEndWell waits until the cluster holds just what is asked for.
func (s *campaign) mustEndWell() {
	const within = time.Minute
	s.t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := s.endsWell(context.Background())
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("after %s: %v", within, err)
		}
		time.Sleep(500 * time.Millisecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.closed) > 0 && len(s.deleted) == 0 {
		s.t.Error("nothing was seen to go: the watch does not work")
	}
	s.t.Logf("%d previews live, %d were closed, %d were seen to go", len(s.commits), len(s.closed), len(s.deleted))
}

func (s *campaign) endsWell(ctx context.Context) error {
	set, err := s.flock.Set(ctx)
	if err != nil {
		return err
	}
	if !conditions.IsReady(set) || set.Status.PreviewCounts == nil || set.Status.PreviewCounts.Ready != int64(len(s.commits)) {
		return fmt.Errorf("the set is %+v, %+v", set.Status.PreviewCounts, set.Status.Conditions)
	}
	if got := len(set.Status.Inventory.Entries); got != 2*len(s.commits) {
		return fmt.Errorf("the inventory has %d entries for %d previews", got, len(s.commits))
	}
	for kind, commit := range map[[2]string][]string{
		{"v1", "ConfigMap"}: {"data", "sha"},
		{"kustomize.toolkit.fluxcd.io/v1", "Kustomization"}: {"spec", "postBuild", "substitute", "COMMIT_SHA"},
	} {
		if err := s.holds(ctx, kind, commit); err != nil {
			return err
		}
	}
	return nil
}

// holds compares the objects of a kind with what is asked for.
func (s *campaign) holds(ctx context.Context, kind [2]string, commit []string) error {
	objects, err := s.flock.Objects(ctx, kind[0], kind[1])
	if err != nil {
		return err
	}
	if len(objects) != len(s.commits) {
		return fmt.Errorf("there are %d objects of kind %s for %d previews", len(objects), kind[1], len(s.commits))
	}
	for id, want := range s.commits {
		object := objects["api-"+id]
		if got, _, err := unstructured.NestedString(object.Object, commit...); err != nil || got != want {
			return fmt.Errorf("%s api-%s has the commit %q, %w, and should have %q", kind[1], id, got, err, want)
		}
	}
	return nil
}
