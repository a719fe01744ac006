package apply

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
)

// Pruned is what became of objects that are no longer wanted.
type Pruned struct {
	// Left are those that are still there, in the order of the inventory; they
	// have to be pruned again.
	Left Inventory
	// Why says for each that is left what it waits for.
	Why map[object.Ref]string
	// Blocked are those of them that nothing will take away by itself: looking at
	// them, or deleting them, was refused.
	Blocked Inventory
	// Since is when the first of them was asked to go; zero when none was.
	Since time.Time
	// Changes lists what was deleted, or let go, in this run.
	Changes []Change
}

// Prune deletes objects that the owner no longer wants, and sees that they are
// gone. What deploys goes first, Flux objects and sets that a set has made: while one
// of them is there, nothing that it may need to clean up with (its account and what that
// may, its source, its namespace) is touched, however long that takes. Prune does not
// wait: it says what is left.
//
// An object that carries other labels than the owner's, or
// fluxcd.controlplane.io/prune: disabled, is let go, not deleted. So is one that
// was there before, unless it carries fluxcd.controlplane.io/prune: enabled.
func (s *Session) Prune(ctx context.Context, unwanted Inventory) Pruned {
	run := &pruneRun{Session: s, left: map[object.Ref]string{}, blocked: map[object.Ref]bool{}}
	var deployers, others Inventory
	for _, entry := range deletionOrder(unwanted) {
		if cleansUp(entry.GroupKind()) {
			deployers = append(deployers, entry)
		} else {
			others = append(others, entry)
		}
	}
	run.all(ctx, deployers)
	there := run.leftOf(deployers)
	for batch := range chunkBy(others, func(a, b Entry) bool { return a.GroupKind() == b.GroupKind() }) {
		run.all(ctx, run.unneeded(batch, there))
	}
	return run.result(unwanted)
}

// pruneRun is the state of one Prune.
type pruneRun struct {
	*Session
	left    map[object.Ref]string
	blocked map[object.Ref]bool
	since   time.Time
	changes []Change
}

// fate is what became of an object. The zero value is one that is not there, or not the
// owner's.
type fate struct {
	entry  Entry
	action Action
	// asked is the object that was asked to go.
	asked *Meta
	// what was refused, and why.
	what string
	err  error
}

// all deletes objects that do not need each other, several at once, and sees what
// becomes of them.
func (r *pruneRun) all(ctx context.Context, entries Inventory) {
	fates := make([]fate, len(entries))
	var group errgroup.Group
	group.SetLimit(max(r.Concurrency, 1))
	for i, entry := range entries {
		group.Go(func() error {
			fates[i] = r.one(ctx, entry)
			fates[i].entry = entry
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	var asked []fate
	for _, one := range fates {
		switch {
		case apierrors.IsConflict(one.err): // nobody refused it
			r.left[one.entry.Ref] = "somebody changes it all the time; it is tried again"
		case one.err != nil:
			r.block(one.entry.Ref, one.what, one.err)
		case one.asked != nil:
			asked = append(asked, one)
		default:
			r.Memory.forget(one.entry.Ref)
		}
		if one.action != "" {
			r.changes = append(r.changes, Change{Ref: one.entry.Ref, Action: one.action})
		}
	}
	untold := r.awaitWatch(ctx, asked)
	for _, one := range untold {
		if _, reached := r.told(one); reached && len(untold) > manyUnknown { // the watch is late: it wakes the set
			r.left[one.entry.Ref] = "deleted a moment ago"
			continue
		}
		r.confirm(ctx, one)
	}
}

// deleteTries is how often an object is deleted that others change meanwhile.
const deleteTries = 3

// one deletes an object, or lets it go.
func (r *pruneRun) one(ctx context.Context, entry Entry) fate {
	was, err := r.look(ctx, entry)
	for try := 1; ; try++ {
		switch {
		case err != nil:
			return fate{what: "looking at it before it is deleted failed", err: err}
		case was == nil || !owns(r.Owner, was):
			return fate{}
		case isKept(was):
			return fate{action: LetGo}
		case isAdopted(r.Owner, was):
			if err := r.letGo(ctx, entry.Ref, was); err != nil {
				return fate{what: "letting go of it failed", err: err}
			}
			return fate{action: LetGo}
		case was.DeletionTimestamp != nil:
			return fate{asked: was}
		}
		gone, err := r.deleteAsSeen(ctx, was)
		switch {
		case gone:
			return fate{action: Deleted}
		case err == nil:
			r.Memory.noteDeleted(entry.Ref, was.UID)
			return fate{action: Deleted, asked: was}
		case !apierrors.IsConflict(err) || try == deleteTries:
			return fate{what: "deleting it failed", err: err}
		}
		was, err = r.find(ctx, entry.Ref, entry.Version)
		if err != nil {
			return fate{what: "looking at it before it is deleted failed", err: err}
		}
	}
}

// leftOf returns those of some deployers that are still there.
func (r *pruneRun) leftOf(deployers Inventory) Inventory {
	var there Inventory
	for _, entry := range deployers {
		if _, left := r.left[entry.Ref]; left {
			there = append(there, entry)
		}
	}
	return there
}

// unneeded returns the entries that no deployer may need which is still there, and says
// of the others who does.
func (r *pruneRun) unneeded(entries, deployers Inventory) Inventory {
	var out Inventory
	for _, entry := range entries {
		user := slices.IndexFunc(deployers, func(one Entry) bool { return mayNeed(one, entry) })
		if user < 0 {
			out = append(out, entry)
			continue
		}
		r.left[entry.Ref] = "needed until " + deployers[user].String() + " is gone"
	}
	return out
}

const (
	// watchLag is how long what was deleted is waited for to be told by the watch, and
	// watchLook the time between two looks.
	watchLag  = 2 * time.Second
	watchLook = 5 * time.Millisecond
)

// awaitWatch waits until the watch has told what became of objects that were asked to
// go: that they are gone, or what holds them. It returns those of which it has not.
func (r *pruneRun) awaitWatch(ctx context.Context, asked []fate) []fate {
	timed, cancel := context.WithTimeout(ctx, watchLag)
	defer cancel()
	for {
		unreached := 0
		asked = slices.DeleteFunc(asked, func(one fate) bool {
			told, reached := r.told(one)
			if !reached {
				unreached++
			}
			return told
		})
		if len(asked) == unreached || timed.Err() != nil {
			return asked
		}
		select {
		case <-timed.Done():
		case <-time.After(watchLook):
		}
	}
}

// told notes what the watch tells of an object that was asked to go; false when it has
// told nothing yet.
func (r *pruneRun) told(one fate) (told, reached bool) {
	if r.Watch == nil {
		return false, false
	}
	seen, reached := r.Watch(one.entry.Ref)
	switch {
	case !reached:
		return false, false
	case seen.Gone == one.asked.UID, seen.Is != nil && seen.Is.UID != one.asked.UID && isLater(seen.Is, one.asked):
		r.Memory.forget(one.entry.Ref)
		return true, true
	case seen.Is != nil && seen.Is.DeletionTimestamp != nil:
		r.left[one.entry.Ref] = leaving(seen.Is)
		r.note(seen.Is)
		return true, true
	default:
		return false, true
	}
}

// isLater reports whether a version of an object is known to come after another: the watch
// may be behind, and tell of what was there before that one.
func isLater(is, than *Meta) bool {
	order, err := resourceversion.CompareResourceVersion(is.ResourceVersion, than.ResourceVersion)
	return err == nil && order > 0
}

// confirm asks what became of an object that was asked to go.
func (r *pruneRun) confirm(ctx context.Context, one fate) {
	now, err := r.find(ctx, one.entry.Ref, one.entry.Version)
	switch {
	case err != nil:
		r.block(one.entry.Ref, "deleted, but looking whether it is gone failed", err)
	case now != nil && now.UID == one.asked.UID:
		r.left[one.entry.Ref] = leaving(now)
		r.note(now)
	default:
		r.Memory.forget(one.entry.Ref)
	}
}

// block notes that an object is left because something about it was refused.
func (r *pruneRun) block(ref object.Ref, what string, err error) {
	r.left[ref], r.blocked[ref] = fmt.Sprintf("%s: %v", what, err), true
	if advice := adviceFor(ref, nil, err); advice != "" {
		r.left[ref] += "; " + advice
	}
}

// look returns what the cluster holds of an entry. What a watch tells is enough where it
// shows the object, which is then deleted in that version and in no other; where it does
// not, that is checked, unless the object was deleted before and was seen to go: one that
// was made a moment ago must not be taken for one that is gone.
func (r *pruneRun) look(ctx context.Context, entry Entry) (*Meta, error) {
	was := r.Live.Get(entry.Ref)
	switch {
	case !r.Live.watched:
		return was, r.Live.Err(entry.Ref)
	case was != nil && owns(r.Owner, was), was == nil && r.IsGone(entry.Ref):
		return was, nil
	default:
		return r.find(ctx, entry.Ref, entry.Version)
	}
}

// IsGone reports whether the watch has seen an object go that was deleted here.
func (a *Applier) IsGone(ref object.Ref) bool {
	if a.Watch == nil {
		return false
	}
	deleted := a.Memory.deleted(ref)
	seen, reached := a.Watch(ref)
	return reached && deleted != "" && seen.Is == nil && seen.Gone == deleted
}

// note keeps the earliest time at which an object that is left was asked to go.
func (r *pruneRun) note(m *Meta) {
	if at := m.DeletionTimestamp; at != nil && (r.since.IsZero() || at.Time.Before(r.since)) {
		r.since = at.Time
	}
}

// cleansUp reports whether an object of a kind takes along what it has made when it goes.
func cleansUp(kind schema.GroupKind) bool {
	return flux.Deploys(kind) || kind == v1.GroupVersion.WithKind(v1.ResourceSetKind).GroupKind()
}

// mayNeed reports whether what deploys may need another object to clean up after
// itself. Objects of two known groups never need each other, unless others shared
// one; otherwise those in its own namespace, its sources and rights anywhere and what
// has no namespace may: rights stand where it deploys to.
func mayNeed(deployer, other Entry) bool {
	shared := deployer.Shared || other.Shared
	if !shared && deployer.Owner != "" && other.Owner != "" && deployer.Owner != other.Owner {
		return false
	}
	return other.Namespace == "" || other.Namespace == deployer.Namespace ||
		flux.IsSource(other.GroupKind()) || other.Group == rbacv1.GroupName
}

func (r *pruneRun) result(unwanted Inventory) Pruned {
	out := Pruned{Why: r.left, Since: r.since, Changes: r.changes}
	for _, entry := range unwanted {
		if _, there := r.left[entry.Ref]; there {
			out.Left = append(out.Left, entry)
		}
		if r.blocked[entry.Ref] {
			out.Blocked = append(out.Blocked, entry)
		}
	}
	return out
}

// delete deletes the very object that was seen, and no other of its name.
func (a *Applier) delete(ctx context.Context, was *Meta, how metav1.DeletionPropagation) error {
	uid := was.UID
	err := a.Client.Delete(ctx, was.DeepCopy(),
		client.PropagationPolicy(how),
		client.Preconditions(metav1.Preconditions{UID: &uid}))
	if isGone(err) {
		return nil
	}
	return err
}

// deleteAsSeen deletes an object as long as it is as it was seen, and no other of its
// name: who has it, and whether it may go, was told of that version. Gone says that it was
// not there any more.
func (a *Applier) deleteAsSeen(ctx context.Context, was *Meta) (gone bool, err error) {
	uid, version := was.UID, was.ResourceVersion
	err = a.Client.Delete(ctx, was.DeepCopy(),
		client.PropagationPolicy(metav1.DeletePropagationBackground),
		client.Preconditions(metav1.Preconditions{UID: &uid, ResourceVersion: &version}))
	if isGone(err) {
		return true, nil
	}
	return false, err
}

// isKept reports whether an object is protected from deletion.
func isKept(m *Meta) bool {
	return strings.EqualFold(m.Annotations[v1.PruneAnnotation], v1.DisabledValue) ||
		strings.EqualFold(m.Labels[v1.PruneAnnotation], v1.DisabledValue)
}

// leaving says since when an object has been on its way out, and what holds it.
func leaving(m *Meta) string {
	if m.DeletionTimestamp == nil {
		return "about to be deleted"
	}
	why := "being deleted since " + m.DeletionTimestamp.UTC().Format("2006-01-02 15:04:05 MST")
	if len(m.Finalizers) > 0 {
		why += ", held by " + strings.Join(m.Finalizers, ", ")
	}
	return why
}

// deletionOrder is the reverse of the order of applying.
func deletionOrder(inventory Inventory) Inventory {
	ordered := slices.Clone(inventory)
	sort.SliceStable(ordered, func(i, j int) bool {
		return before(ordered[j].Ref, ordered[i].Ref)
	})
	return ordered
}
