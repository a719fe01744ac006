package apply

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/fluxcd/pkg/ssa"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
)

// Pruned is what became of objects that are no longer wanted.
type Pruned struct {
	// Left are those that are still there, in the order of the inventory; they
	// have to be pruned again.
	Left Inventory
	// Why says for each that is left what it waits for.
	Why map[Ref]string
	// Blocked are those of them that nothing will take away by itself: looking at
	// them, or deleting them, was refused.
	Blocked Inventory
	// Since is when the first of them was asked to go; zero when none was.
	Since time.Time
	// Changes lists what was deleted, or let go, in this run.
	Changes []Change
}

// Prune deletes objects that the owner no longer wants, and sees that they are
// gone. Flux objects go first: while one of them is there, nothing that it may
// need to clean up with (its account, its source, its namespace) is touched,
// however long that takes. Prune does not wait: it says what is left.
//
// An object that carries other labels than the owner's, or
// fluxcd.controlplane.io/prune: disabled, is let go, not deleted. So is one that
// was there before, unless it carries fluxcd.controlplane.io/prune: enabled.
func (s *Session) Prune(ctx context.Context, unwanted Inventory) Pruned {
	run := &pruneRun{Session: s, left: map[Ref]string{}, blocked: map[Ref]bool{}}
	ordered := deletionOrder(unwanted)
	for _, entry := range ordered {
		if flux.Deploys(entry.groupKind()) {
			run.one(ctx, entry)
		}
	}
	for _, entry := range ordered {
		if flux.Deploys(entry.groupKind()) {
			continue
		}
		if user := run.userOf(entry, ordered); user != nil {
			run.left[entry.Ref] = "needed until " + user.String() + " is gone"
			continue
		}
		run.one(ctx, entry)
	}
	return run.result(unwanted)
}

// pruneRun is the state of one Prune.
type pruneRun struct {
	*Session
	left    map[Ref]string
	blocked map[Ref]bool
	since   time.Time
	changes []Change
}

// one deletes an object, or lets it go, and notes whether it is still there.
func (r *pruneRun) one(ctx context.Context, entry Entry) {
	was, err := r.look(ctx, entry)
	if err != nil {
		r.block(entry.Ref, "looking at it before it is deleted failed", err)
		return
	}
	if was == nil || !owns(r.Owner, was) {
		r.Memory.forget(entry.Ref)
		return
	}
	if isKept(was) {
		r.Memory.forget(entry.Ref)
		r.changes = append(r.changes, Change{Ref: entry.Ref, Action: LetGo})
		return
	}
	if isAdopted(r.Owner, was) {
		r.release(ctx, entry, was)
		return
	}
	if was.DeletionTimestamp == nil {
		if err := r.delete(ctx, was, metav1.DeletePropagationBackground); err != nil {
			r.block(entry.Ref, "deleting it failed", err)
			return
		}
		r.changes = append(r.changes, Change{Ref: entry.Ref, Action: Deleted})
	}
	now, err := r.find(ctx, entry.Ref, entry.Version)
	switch {
	case err != nil:
		r.block(entry.Ref, "deleted, but looking whether it is gone failed", err)
	case now != nil && now.UID == was.UID:
		r.left[entry.Ref] = leaving(now)
		r.note(now)
	default:
		r.Memory.forget(entry.Ref)
	}
}

// release lets an adopted object go, and notes it where it cannot.
func (r *pruneRun) release(ctx context.Context, entry Entry, was *Meta) {
	if err := r.letGo(ctx, entry.Ref, was); err != nil {
		r.block(entry.Ref, "letting go of it failed", err)
		return
	}
	r.Memory.forget(entry.Ref)
	r.changes = append(r.changes, Change{Ref: entry.Ref, Action: LetGo})
}

// block notes that an object is left because something about it was refused.
func (r *pruneRun) block(ref Ref, what string, err error) {
	r.left[ref], r.blocked[ref] = fmt.Sprintf("%s: %v", what, err), true
	if advice := adviceFor(ref, nil, err); advice != "" {
		r.left[ref] += "; " + advice
	}
}

// look returns what the cluster holds of an entry. What a watch told is checked: an object
// that was made a moment ago must not be taken for one that is gone.
func (r *pruneRun) look(ctx context.Context, entry Entry) (*Meta, error) {
	if r.Live.watched {
		return r.find(ctx, entry.Ref, entry.Version)
	}
	return r.Live.Get(entry.Ref), r.Live.Err(entry.Ref)
}

// note keeps the earliest time at which an object that is left was asked to go.
func (r *pruneRun) note(m *Meta) {
	if at := m.DeletionTimestamp; at != nil && (r.since.IsZero() || at.Time.Before(r.since)) {
		r.since = at.Time
	}
}

// userOf returns a Flux object that is still there and may need the entry.
func (r *pruneRun) userOf(entry Entry, unwanted Inventory) *Entry {
	for i, deployer := range unwanted {
		if _, there := r.left[deployer.Ref]; there && flux.Deploys(deployer.groupKind()) && mayNeed(deployer, entry) {
			return &unwanted[i]
		}
	}
	return nil
}

// mayNeed reports whether a Flux object may need another to clean up after
// itself. Objects of two known groups never need each other; otherwise those
// in its own namespace, its sources anywhere and what has no namespace may.
func mayNeed(deployer, other Entry) bool {
	if deployer.Owner != "" && other.Owner != "" && deployer.Owner != other.Owner {
		return false
	}
	return other.Namespace == "" || other.Namespace == deployer.Namespace || flux.IsSource(other.groupKind())
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
		return ssa.SortableMetas{ordered[j].metadata(), ordered[i].metadata()}.Less(0, 1)
	})
	return ordered
}
