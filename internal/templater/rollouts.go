package templater

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/rollout"
)

// lateLook is the time to the next look at what was deployed and fails, where no
// watch tells of a change before.
const lateLook = time.Minute

// rolledOut is what was last found of what a preview has deployed.
type rolledOut struct {
	// revision of the preview, and when it was looked at.
	revision string
	at       time.Time
	found    preview.Rollout
	// asleep: what was deployed is scaled to nothing.
	asleep bool
}

// rollouts finds out, where the set asks for it, whether what was deployed for each
// preview runs. A preview that runs is looked at again when something else is applied
// for it, when the watch says that what it deployed has changed, and at the interval:
// as long as nothing happens, nothing is asked.
func (r *run) rollouts(ctx context.Context, session *apply.Session, p desired, result *applied) {
	set := client.ObjectKeyFromObject(r.set)
	if !r.set.WithWorkloads() || r.single() {
		r.pulse.forget(set)
		return
	}
	disturbed, stopped := r.pulse.begin(set), result.stopped()
	for key := range disturbed {
		if last, known := r.memory.rollouts[key]; known && stopped.has(key) {
			last.at = time.Time{} // it is looked at once it is not stopped any more
			r.memory.rollouts[key] = last
		}
	}
	roots := map[string][]apply.Object{}
	for _, o := range p.objects() {
		for _, key := range o.Groups() {
			if !stopped.has(key) && r.mayHaveChanged(key, p.revisionOf(key), disturbed) {
				roots[key] = append(roots[key], o)
			}
		}
	}
	r.observe(ctx, session, p, roots)
	for key := range r.memory.rollouts {
		if !p.wants(key) {
			delete(r.memory.rollouts, key)
			delete(r.memory.members, key)
		}
	}
	result.late = r.late(p, stopped)
	r.pulse.follow(ctx, set, r.memory.members)
}

// mayHaveChanged reports whether a preview has to be looked at.
func (r *run) mayHaveChanged(key, revision string, disturbed map[string]bool) bool {
	last, known := r.memory.rollouts[key]
	stale := r.started.Sub(last.at) >= r.Report.AtLeast(r.set.GetInterval())/10*9
	return !known || stale || last.revision != revision || last.found.Ready != metav1.ConditionTrue || disturbed[key] || r.isRequested()
}

// observe looks at what some previews have deployed, and remembers what it found.
func (r *run) observe(ctx context.Context, session *apply.Session, p desired, roots map[string][]apply.Object) {
	var all []apply.Object
	for _, objects := range roots {
		all = append(all, objects...)
	}
	world, deployers, unseen := r.see(ctx, session, all)
	for key, objects := range roots {
		var owned []preview.Entry
		rollouts := map[object.Ref]preview.Rollout{}
		for _, root := range metadataOfAll(objects) {
			owned = append(owned, preview.Entry{Ref: root})
			rollouts[root] = rollout.Of(root, world, r.started)
		}
		found := preview.Deployed(owned, deployers, rollouts)
		if found.Ready != metav1.ConditionFalse && unseen != "" && rollout.Misses(metadataOfAll(objects), world) {
			found.Message = strings.TrimPrefix(found.Message+"; "+unseen, "; ")
		}
		r.memory.rollouts[key] = rolledOut{
			revision: p.revisionOf(key), at: r.started, found: r.named(found, rollouts), asleep: rollout.Sleeps(metadataOfAll(objects), world),
		}
		r.memory.members[key] = watchedOf(metadataOfAll(objects), world)
	}
}

// watchedOf lists what tells of roots that something has changed: what runs of them, and
// the deployers.
func watchedOf(roots []object.Ref, world *rollout.World) []object.Ref {
	out := rollout.Members(roots, world)
	for _, root := range roots {
		if flux.Deploys(root.GroupKind()) {
			out = append(out, root)
		}
	}
	return out
}

// see reads, as the account of the set, what objects have deployed. Unseen says what
// it may not read.
func (r *run) see(ctx context.Context, session *apply.Session, objects []apply.Object) (*rollout.World, map[object.Ref]*unstructured.Unstructured, string) {
	var deploying []apply.Object
	for _, one := range objects {
		if flux.Deploys(one.Ref().GroupKind()) {
			deploying = append(deploying, one)
		}
	}
	stored, err := session.ReadAll(ctx, deploying)
	if err != nil {
		ctrl.LoggerFrom(ctx).V(1).Info("looking at what previews have deployed", "error", err.Error())
	}
	var known []unstructured.Unstructured
	deployers := map[object.Ref]*unstructured.Unstructured{}
	for _, one := range deploying {
		if is := stored.Stored(one.Ref()); is != nil {
			known = append(known, *is)
			deployers[object.RefOf(is)] = is
		}
	}
	world, roots := rollout.NewWorld(known...), metadataOfAll(objects)
	unseen := ""
	for _, err := range rollout.Look(ctx, roots, world, lister{session.Client, mostListed}.list) {
		unseen = "not all of what it deployed is seen: " + err.Error()
	}
	return world, deployers, unseen
}

func metadataOfAll(objects []apply.Object) []object.Ref {
	out := make([]object.Ref, 0, len(objects))
	for _, one := range objects {
		out = append(out, object.RefOf(one.Unstructured))
	}
	return out
}

// named gives what was found the reason that the status tells.
func (r *run) named(found preview.Rollout, rollouts map[object.Ref]preview.Rollout) preview.Rollout {
	switch found.Ready {
	case metav1.ConditionTrue:
		found.Reason = ""
	case metav1.ConditionFalse:
		found.Reason = v1.ReasonDeployFailed
		for _, one := range rollouts {
			if one.Ready == metav1.ConditionFalse {
				found.Reason = v1.ReasonRolloutFailed
			}
		}
	default:
		found.Reason = v1.ReasonDeploying
	}
	return found
}

// atRollout is where a preview waits whose objects are applied.
const atRollout = "\x00rollout" // no step is called so

// late are the previews that are applied, and that do not run. One whose time is up
// has failed, until it runs after all.
func (r *run) late(p desired, stopped problems) map[string]preview.Rollout {
	out := map[string]preview.Rollout{}
	for _, one := range p.previews {
		last, known := r.memory.rollouts[one.key]
		here := spot{one.key, atRollout}
		if !known || stopped.has(one.key) || last.found == (preview.Rollout{Ready: metav1.ConditionTrue}) {
			delete(r.memory.waits, here)
			continue
		}
		now := last.found
		if now.Ready == metav1.ConditionTrue {
			delete(r.memory.waits, here)
		} else if within := r.set.GetWithin(); r.hasWaited(here, one) >= within && now.Ready == metav1.ConditionUnknown {
			now.Ready, now.Reason = metav1.ConditionFalse, v1.ReasonRolloutFailed
			now.Message += fmt.Sprintf("; it had %s to get ready", within)
		}
		out[one.key] = now
	}
	return out
}

// lateness is which previews are late, and when to look at them again.
func (r *run) lateness(p desired, result applied) (late problems, next time.Duration) {
	for _, preview := range p.previews {
		one, is := result.late[preview.key]
		if !is || one.Ready == metav1.ConditionTrue {
			continue
		}
		late.add(problem{key: preview.key, err: errors.New(one.Message)})
		look := lateLook
		if one.Ready == metav1.ConditionUnknown {
			look = r.memory.patience(r.started)
		}
		if next == 0 || look < next {
			next = look
		}
	}
	return late, next
}
