package apply

import (
	"crypto/sha256"
	"encoding/json"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// Memory knows how each object looked when it was last applied, so that one
// that nobody touched since is not written again. It is a cache: losing it
// costs one write for each object. The nil Memory remembers nothing.
type Memory struct {
	mu      sync.Mutex
	applied map[Ref]trace
}

// trace is what was asked for and what it looked like once stored.
type trace struct {
	uid             types.UID
	digest          [sha256.Size]byte
	generation      int64
	resourceVersion string
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{applied: map[Ref]trace{}} }

// unchanged reports whether the object is stored as it was last applied, and
// the same is wanted now. The generation counts every change outside of
// metadata and status; where a kind has none, the resource version does.
func (m *Memory) unchanged(want *unstructured.Unstructured, was *Meta) bool {
	if m == nil || was == nil || was.DeletionTimestamp != nil {
		return false
	}
	m.mu.Lock()
	trace, known := m.applied[RefOf(want)]
	m.mu.Unlock()
	if !known || trace.uid != was.UID || trace.digest != digest(want) {
		return false
	}
	if was.Generation == 0 {
		return trace.resourceVersion == was.ResourceVersion
	}
	return trace.generation == was.Generation &&
		contains(was.Labels, want.GetLabels()) && contains(was.Annotations, want.GetAnnotations())
}

// remember notes what was wanted and what was stored.
func (m *Memory) remember(want, stored *unstructured.Unstructured) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.applied[RefOf(want)] = trace{
		uid: stored.GetUID(), digest: digest(want), generation: stored.GetGeneration(), resourceVersion: stored.GetResourceVersion(),
	}
}

// forget drops an object that is gone.
func (m *Memory) forget(ref Ref) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.applied, ref)
}

func digest(o *unstructured.Unstructured) [sha256.Size]byte {
	text, err := json.Marshal(o.Object)
	if err != nil {
		return [sha256.Size]byte{} // not JSON, so it cannot have been stored either
	}
	return sha256.Sum256(text)
}

func contains(all, some map[string]string) bool {
	for key, value := range some {
		if all[key] != value {
			return false
		}
	}
	return true
}
