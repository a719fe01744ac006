package templater

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// moment is the least time between two wakings of a set. Changes of status are
// gathered for as long: a thousand previews that get ready together are looked at
// together. And who edits an object forty times a second has it repaired once.
const moment = time.Second

// sleepers knows what wakes which set. Only what a set has in its inventory does:
// labels are for anybody to write.
type sleepers struct {
	owned map[types.NamespacedName]*owned
	// awaited are the sets that wait for the status of an object to change.
	awaited map[types.NamespacedName]bool
	// named is when a set was last named, and pending are those that will be in a
	// moment.
	named   map[types.NamespacedName]time.Time
	pending map[types.NamespacedName]bool
	// written is what the last run of a set has written, and working are the sets that
	// have a run, with the versions of objects that came meanwhile, "" of those that went.
	written map[types.NamespacedName]*apply.Memory
	working map[types.NamespacedName]map[object.Ref]string
	// stirred are the sets that have a run during which the status of an object changed.
	stirred map[types.NamespacedName]bool
}

// owned is what a set has in its inventory.
type owned struct {
	refs map[object.Ref]bool
	// gone are the objects that were seen to go, as they were last seen.
	gone map[object.Ref]apply.Sighting
}

func newSleepers() sleepers {
	return sleepers{
		owned: map[types.NamespacedName]*owned{}, awaited: map[types.NamespacedName]bool{},
		named: map[types.NamespacedName]time.Time{}, pending: map[types.NamespacedName]bool{},
		written: map[types.NamespacedName]*apply.Memory{}, working: map[types.NamespacedName]map[object.Ref]string{},
		stirred: map[types.NamespacedName]bool{},
	}
}

// own replaces what wakes a set.
func (d *drift) own(set types.NamespacedName, inventory apply.Inventory) {
	if d == nil {
		return
	}
	now := &owned{refs: inventory.Refs(), gone: map[object.Ref]apply.Sighting{}}
	d.mu.Lock()
	defer d.mu.Unlock()
	if was := d.owned[set]; was != nil {
		for ref, seen := range was.gone {
			if now.refs[ref] {
				now.gone[ref] = seen
			}
		}
	}
	d.owned[set] = now
}

// meet has a set woken by what it owns before that is looked at for the first time, so
// that nothing happens to it unseen in between.
func (d *drift) meet(set types.NamespacedName, inventory apply.Inventory) {
	if d == nil {
		return
	}
	d.mu.Lock()
	isKnown := d.owned[set] != nil
	d.mu.Unlock()
	if !isKnown {
		d.own(set, inventory)
	}
}

// release forgets a set that is gone, or that is not to be woken.
func (d *drift) release(set types.NamespacedName) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.owned, set)
	delete(d.awaited, set)
	delete(d.named, set)
	delete(d.written, set)
}

// begin says that a run of a set is at work: what it writes comes back by the watch, and
// maybe before the run knows of it.
func (d *drift) begin(set types.NamespacedName, written *apply.Memory) (end func()) {
	if d == nil {
		return func() {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written[set], d.working[set] = written, map[object.Ref]string{}
	return func() {
		d.mu.Lock()
		came, has := d.working[set], d.owned[set]
		delete(d.working, set)
		delete(d.stirred, set)
		d.mu.Unlock()
		for ref, version := range came {
			// What the run took away for good, it owns no more.
			if version == "" && has != nil && has.refs[ref] || version != "" && !written.WroteLast(ref, version) {
				d.notify(set)
				return
			}
		}
	}
}

// lost wakes a set whose object is gone.
func (d *drift) lost(set types.NamespacedName, ref object.Ref) {
	d.mu.Lock()
	came, works := d.working[set]
	if works {
		came[ref] = ""
	}
	d.mu.Unlock()
	if !works {
		d.notify(set)
	}
}

// touched wakes a set whose object is in another version, unless that is the one which
// it has written itself.
func (d *drift) touched(set types.NamespacedName, ref object.Ref, version string) {
	d.mu.Lock()
	if came, works := d.working[set]; works {
		came[ref] = version
		d.mu.Unlock()
		return
	}
	written := d.written[set]
	d.mu.Unlock()
	if written == nil || !written.WroteLast(ref, version) {
		d.notify(set)
	}
}

// concerned returns the sets that an object names, now or before, and that have
// it in their inventory.
func (d *drift) concerned(ref object.Ref, states ...*metav1.PartialObjectMetadata) []types.NamespacedName {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []types.NamespacedName
	for _, state := range states {
		set := ownerOf(state)
		known := d.owned[set]
		if known != nil && known.refs[ref] && (len(out) == 0 || out[0] != set) {
			out = append(out, set)
		}
	}
	return out
}

// keepSighting keeps, for a set, how an object had ended that is gone.
func (d *drift) keepSighting(set types.NamespacedName, ref object.Ref, seen apply.Sighting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.owned[set]; known != nil {
		known.gone[ref] = seen
	}
}

// lastSeen returns how an object had ended that is gone.
func (d *drift) lastSeen(set types.NamespacedName, ref object.Ref) (apply.Sighting, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.owned[set]
	if known == nil {
		return apply.Sighting{}, false
	}
	seen, ok := known.gone[ref]
	return seen, ok
}

// await wakes a set, from now on or no longer, when the status of one of its
// objects changes, and has done so since its run began: the run may have read it before.
func (d *drift) await(set types.NamespacedName, waits waiting) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !waits {
		delete(d.awaited, set)
		return
	}
	d.awaited[set] = true
	if d.stirred[set] {
		d.later(set, moment)
	}
}

// waiting says whether a set waits for something.
type waiting bool

// notify wakes a set: at once, unless that was done a moment ago.
func (d *drift) notify(set types.NamespacedName) {
	d.mu.Lock()
	left := moment - time.Since(d.named[set])
	if left > 0 {
		d.later(set, left)
		d.mu.Unlock()
		return
	}
	d.named[set] = time.Now() //nolint:forbidigo // what is later is so by a real timer
	d.mu.Unlock()
	d.name(set)
}

// stir wakes a set in a moment, if it waits for a change of status.
func (d *drift) stir(set types.NamespacedName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.awaited[set] {
		d.later(set, moment)
	} else if _, works := d.working[set]; works {
		d.stirred[set] = true
	}
}

// later names a set after a time, once however often it is asked for meanwhile.
// The lock is held.
func (d *drift) later(set types.NamespacedName, after time.Duration) {
	if d.pending[set] {
		return
	}
	d.pending[set] = true
	time.AfterFunc(after, func() {
		d.mu.Lock()
		delete(d.pending, set)
		if _, known := d.named[set]; known { // it may be gone
			d.named[set] = time.Now() //nolint:forbidigo // what is later is so by a real timer
		}
		d.mu.Unlock()
		d.name(set)
	})
}

// name puts a set into the queue.
func (d *drift) name(set types.NamespacedName) {
	owner := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: set.Namespace, Name: set.Name}}
	select {
	case d.events <- event.GenericEvent{Object: owner}:
	case <-d.stopped:
	}
}
