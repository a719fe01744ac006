package apply

import (
	"crypto/sha256"
	"encoding/json"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// Memory knows how each object looked when it was last applied, so that one
// that nobody touched since is not written again. It is a cache: losing it
// costs one write for each object. The nil Memory remembers nothing.
type Memory struct {
	mu      sync.Mutex
	applied map[object.Ref]trace
	// ended says how objects that run once came to their end, as the inventory
	// holds it.
	ended map[object.Ref]string
	// leaving are the objects that were deleted, and have yet to be seen to go.
	leaving map[object.Ref]types.UID
	// failures are those of Jobs that are made anew when they fail.
	failures map[object.Ref]failure
}

// trace is what was asked for and what it looked like once stored.
type trace struct {
	uid             types.UID
	digest          Digest
	generation      int64
	resourceVersion string
	// wrote is the resource version that Apply left, "" when it wrote nothing.
	wrote string
	// ready is the resource version at which it was last seen to be ready.
	ready string
	// examined is the resource version in which it was last looked for its end.
	examined string
	// own says that it was not there before its owner.
	own bool
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory {
	return &Memory{
		applied: map[object.Ref]trace{}, ended: map[object.Ref]string{}, leaving: map[object.Ref]types.UID{}, failures: map[object.Ref]failure{},
	}
}

// knows reports whether an object was applied, or found as it should be.
func (m *Memory) knows(ref object.Ref) bool {
	if m == nil {
		return true // it never learns, so there is no point in making up for it
	}
	_, known := m.traceOf(ref)
	return known
}

// traceOf returns what is remembered of an object; false when nothing is.
func (m *Memory) traceOf(ref object.Ref) (trace, bool) {
	if m == nil {
		return trace{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found, known := m.applied[ref]
	return found, known
}

// applies reports whether the same was wanted when the object was last applied.
func (m *Memory) applies(want Object) bool {
	trace, known := m.traceOf(want.Ref())
	return known && trace.digest == want.Digest
}

// unchanged reports whether the object is stored as it was last applied, and
// the same is wanted now. The generation counts every change outside of
// metadata and status; where a kind has none, the resource version does.
func (m *Memory) unchanged(want Object, was *Meta) bool {
	if was == nil || was.DeletionTimestamp != nil {
		return false
	}
	trace, known := m.traceOf(want.Ref())
	if !known || trace.uid != was.UID || trace.digest != want.Digest {
		return false
	}
	if was.Generation == 0 {
		return trace.resourceVersion == was.ResourceVersion
	}
	return trace.generation == was.Generation &&
		contains(was.Labels, want.Unstructured, "labels") && contains(was.Annotations, want.Unstructured, "annotations")
}

// remember notes what was wanted and what was stored.
func (m *Memory) remember(want Object, stored *unstructured.Unstructured) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.leaving, want.Ref()) // what is wanted again is looked at before it is taken for gone
	m.applied[want.Ref()] = trace{
		uid: stored.GetUID(), digest: want.Digest, generation: stored.GetGeneration(), resourceVersion: stored.GetResourceVersion(),
		own: stored.GetAnnotations()[v1.AdoptedAnnotation] == "",
	}
}

// made reports whether an object is known to be the owner's own: the very one that was
// applied, and was not there before, whatever it says of that now.
func (m *Memory) made(ref object.Ref, uid types.UID) bool {
	trace, known := m.traceOf(ref)
	return known && trace.own && trace.uid == uid
}

// noteWrite remembers that what is stored is what Apply wrote.
func (m *Memory) noteWrite(stored *unstructured.Unstructured) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	trace := m.applied[object.RefOf(stored)]
	trace.wrote = stored.GetResourceVersion()
	m.applied[object.RefOf(stored)] = trace
}

// WroteLast reports whether the version of an object is what Apply left: nobody
// has changed it since, not even its status.
func (m *Memory) WroteLast(ref object.Ref, version string) bool {
	if m == nil {
		return false
	}
	trace, _ := m.traceOf(ref)
	return trace.wrote == version
}

// suspects returns the objects that are not known to be ready as they are now.
func (m *Memory) suspects(objects []Object, live Live) []Object {
	if m == nil {
		return objects
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Object
	for _, o := range objects {
		is := live.Get(o.Ref())
		if is == nil || m.applied[o.Ref()].ready != is.ResourceVersion {
			out = append(out, o)
		}
	}
	return out
}

// noteReady remembers that a stored object was ready.
func (m *Memory) noteReady(is *unstructured.Unstructured) {
	if m == nil || is == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if trace, known := m.applied[object.RefOf(is)]; known {
		trace.ready = is.GetResourceVersion()
		m.applied[object.RefOf(is)] = trace
	}
}

// hasEnded reports whether an object that runs once has come to its end.
func (m *Memory) hasEnded(ref object.Ref) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended[ref] != ""
}

// forget drops an object that is gone for good.
func (m *Memory) forget(ref object.Ref) {
	m.makeWay(ref)
	m.forgive(ref)
}

// makeWay drops an object that is gone for another one of its name: how often those
// failed counts on.
func (m *Memory) makeWay(ref object.Ref) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.applied, ref)
	delete(m.ended, ref)
	delete(m.leaving, ref)
}

// noteDeleted remembers that an object was asked to go.
func (m *Memory) noteDeleted(ref object.Ref, uid types.UID) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaving[ref] = uid
}

// deleted returns the object that was asked to go, "" for none.
func (m *Memory) deleted(ref object.Ref) types.UID {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leaving[ref]
}

// Digest tells contents of an object apart.
type Digest [sha256.Size]byte

// DigestOf returns the digest of an object as it is wanted. One that is not
// JSON, and so cannot be stored either, has the digest of nothing.
func DigestOf(o *unstructured.Unstructured) Digest {
	text, err := json.Marshal(o.Object)
	if err != nil {
		text = nil
	}
	return sha256.Sum256(text)
}

// contains reports whether what is stored has all that an object wants in a field of its
// metadata, labels or annotations, which is not copied for that.
func contains(stored map[string]string, want *unstructured.Unstructured, field string) bool {
	found, _, _ := unstructured.NestedFieldNoCopy(want.Object, "metadata", field) // which is not there in most
	wanted, _ := found.(map[string]any)
	for key, value := range wanted {
		if text, _ := value.(string); stored[key] != text {
			return false
		}
	}
	return true
}
