package templater

import (
	"encoding/binary"
	"hash/fnv"
	"sync"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/eddy-previews/eddy/internal/flux"
)

// sums are all that is kept of the objects that a watch brings: of each its name, and
// a sum by which news are told from what is known. A thousand of them take as much
// memory as a few objects.
type sums struct {
	// tell is told the name of an object of which there is news.
	tell func(types.NamespacedName)

	mu    sync.Mutex
	known map[types.NamespacedName]uint64
}

var _ toolscache.ReflectorStore = &sums{}

func newSums(tell func(types.NamespacedName)) *sums {
	return &sums{tell: tell, known: map[types.NamespacedName]uint64{}}
}

// Add implements ReflectorStore.
func (s *sums) Add(is any) error {
	name, err := nameOf(is)
	if err != nil {
		return err
	}
	sum, says := sumOf(is)
	if !says {
		return nil
	}
	s.mu.Lock()
	was, known := s.known[name]
	s.known[name] = sum
	s.mu.Unlock()
	if !known || was != sum {
		s.tell(name)
	}
	return nil
}

// Update implements ReflectorStore.
func (s *sums) Update(is any) error { return s.Add(is) }

// Delete implements ReflectorStore.
func (s *sums) Delete(is any) error {
	name, err := nameOf(is)
	if err != nil {
		return err
	}
	s.forget(name)
	return nil
}

func (s *sums) forget(name types.NamespacedName) {
	s.mu.Lock()
	delete(s.known, name)
	s.mu.Unlock()
	s.tell(name)
}

// Replace implements ReflectorStore: what is listed is there, and nothing else. Of the
// first listing all is news, as it may have changed since it was looked at.
func (s *sums) Replace(listed []any, _ string) error {
	there := make(map[types.NamespacedName]bool, len(listed))
	for _, is := range listed {
		name, err := nameOf(is)
		if err != nil {
			return err
		}
		there[name] = true
		if err := s.Add(is); err != nil {
			return err
		}
	}
	for _, name := range s.names() {
		if !there[name] {
			s.forget(name)
		}
	}
	return nil
}

func (s *sums) names() []types.NamespacedName {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]types.NamespacedName, 0, len(s.known))
	for name := range s.known {
		out = append(out, name)
	}
	return out
}

// Resync implements ReflectorStore: there is nothing to do.
func (s *sums) Resync() error { return nil }

func nameOf(is any) (types.NamespacedName, error) {
	found, err := apimeta.Accessor(is)
	if err != nil {
		return types.NamespacedName{}, err
	}
	return types.NamespacedName{Namespace: found.GetNamespace(), Name: found.GetName()}, nil
}

// sumOf sums up what is news of an object: of a workload each change. A deployer is
// written to at each of its intervals, so of one it is whether it is ready, why not, and
// what it has deployed; nothing while it is at work, as what comes of that is told then.
func sumOf(is any) (sum uint64, says bool) {
	words := fnv.New64a()
	add := func(text ...string) {
		for _, one := range text {
			_, _ = words.Write(binary.AppendUvarint(nil, uint64(len(one)))) // it never fails
			_, _ = words.Write([]byte(one))
		}
	}
	deployer, whole := is.(*unstructured.Unstructured)
	if !whole {
		found := metadataOf(is)
		add(string(found.UID), found.ResourceVersion)
		return words.Sum64(), true
	}
	ready := flux.Ready(deployer)
	if ready.Status == metav1.ConditionUnknown {
		return 0, false
	}
	if ready.Status == metav1.ConditionFalse {
		add(ready.Reason, ready.Message)
	}
	add(string(deployer.GetUID()), string(ready.Status))
	for _, entry := range flux.Deployed(deployer) {
		add(entry.Namespace, entry.Name, entry.Group, entry.Kind)
	}
	return words.Sum64(), true
}
