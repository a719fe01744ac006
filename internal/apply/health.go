package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/statusreaders"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/expression"
	"github.com/eddy-previews/eddy/internal/object"
)

const (
	// readyInterval and readyTimeout are for definitions, which are quick.
	readyInterval = 2 * time.Second
	readyTimeout  = time.Minute
)

// ReadyExpr judges the two kinds of this project: ready when every Ready
// condition is true and speaks of the current generation.
const ReadyExpr = `status.conditions.filter(c, c.type == 'Ready')` +
	`.all(c, c.status == 'True' && c.observedGeneration == metadata.generation)`

// Unready is an object that is not ready.
type Unready struct {
	Ref object.Ref
	// Failed: it will not get ready by itself.
	Failed bool
	// Why, in the words of its status.
	Why string
}

// String returns the object and why it is not ready.
func (u Unready) String() string { return u.Ref.String() + " is not ready: " + u.Why }

// Health looks at objects once, as kstatus understands them, and returns for
// each group that has one an object that is not ready: one that failed, if any.
// It does not wait: the caller comes back. An object that was ready, and of
// which live tells the same version, is not asked for again.
func (s *Session) Health(ctx context.Context, objects []Object) (map[string]Unready, error) {
	examiner, err := s.newExaminer()
	if err != nil {
		return nil, fmt.Errorf("preparing the health checks: %w", err)
	}
	suspects, failed := s.Memory.withoutGone(s.Memory.suspects(objects, s.Live), s.Live)
	seen, err := s.ReadAll(ctx, suspects)
	if err != nil {
		return nil, err
	}
	unready := map[string]Unready{}
	for _, o := range failed {
		for _, group := range o.Groups() {
			unready[group] = goneFailed(o)
		}
	}
	for _, o := range suspects {
		ref := o.Ref()
		is := seen.Stored(ref)
		found, ill := examiner.examine(ctx, o, is)
		if err := seen.Err(ref); err != nil {
			found.Why = "looking at it failed: " + err.Error()
		}
		if !ill {
			s.Memory.noteReady(is)
			continue
		}
		for _, group := range o.Groups() {
			if worst, known := unready[group]; !known || (found.Failed && !worst.Failed) {
				unready[group] = found
			}
		}
	}
	return unready, nil
}

// ReadAll reads objects whole: few of them one by one, many by listing their
// kind. Of those that could not be read, Err of what it returns says why.
func (a *Applier) ReadAll(ctx context.Context, objects []Object) (Live, error) {
	places := map[place]int{}
	for _, o := range objects {
		places[placeOf(o)]++
	}
	live, listed := newLive(), map[place]bool{}
	for _, o := range objects {
		ref, at := o.Ref(), placeOf(o)
		if places[at] > manyUnknown && !listed[at] {
			listed[at] = true
			if a.list(ctx, scope{place: at, whole: true}, live) != nil {
				places[at] = 0 // each alone says why
			}
		}
		if places[at] > manyUnknown {
			continue
		}
		is, err := a.Read(ctx, ref, o.GroupVersionKind().Version)
		switch {
		case err != nil:
			if err := live.miss(ctx, ref, err); err != nil {
				return Live{}, err
			}
		case is != nil:
			live.stored[ref] = is
		}
	}
	return live, nil
}

// awaitReady waits for one definition.
func (a *Applier) awaitReady(ctx context.Context, o *unstructured.Unstructured) error {
	one, last := Object{Unstructured: o}, Unready{}
	err := wait.PollUntilContextTimeout(ctx, readyInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		unready, err := a.Resume(Owner{}, Live{}).Health(ctx, []Object{one})
		found, ill := unready[one.Group]
		last = found
		return !ill, err
	})
	if wait.Interrupted(err) {
		return fmt.Errorf("%s, after %s", last, readyTimeout)
	}
	return err
}

// errOddStatus stands for what kstatus says of an object that it cannot judge,
// which repeats what is in the object.
var errOddStatus = errors.New("it is not of the form that Kubernetes objects have")

// examiner judges objects.
type examiner struct {
	// jobs reads the kind that kstatus alone misjudges.
	jobs engine.StatusReader
	// ready is ReadyExpr.
	ready *expression.Expression
}

func (a *Applier) newExaminer() (*examiner, error) {
	ready, err := expression.NewBudget(nil).Compile(ReadyExpr)
	if err != nil {
		return nil, err
	}
	return &examiner{jobs: statusreaders.NewCustomJobStatusReader(a.Client.RESTMapper()), ready: ready}, nil
}

// examine judges an object by what is stored of it.
func (e *examiner) examine(ctx context.Context, want Object, is *unstructured.Unstructured) (Unready, bool) {
	out := Unready{Ref: want.Ref()}
	if is == nil {
		out.Why = "it is not there"
		return out, true
	}
	state, why, err := e.status(ctx, is)
	switch {
	case err != nil:
		out.Failed, out.Why = true, "judging its status: "+err.Error()
	case state == status.CurrentStatus:
		return out, false
	default:
		out.Failed, out.Why = state == status.FailedStatus, why
	}
	return out, true
}

func (e *examiner) status(ctx context.Context, is *unstructured.Unstructured) (status.Status, string, error) {
	switch gvk := is.GroupVersionKind(); {
	case gvk.GroupVersion() == v1.GroupVersion:
		return e.ours(ctx, is)
	case e.jobs.Supports(gvk.GroupKind()):
		found, err := e.jobs.ReadStatusForObject(ctx, nil, is)
		if err == nil {
			err = found.Error
		}
		if err != nil {
			return "", "", errOddStatus
		}
		return found.Status, found.Message, nil
	}
	found, err := status.Compute(is)
	if err != nil {
		return "", "", errOddStatus
	}
	return found.Status, found.Message, nil
}

// ours judges an object of this project.
func (e *examiner) ours(ctx context.Context, is *unstructured.Unstructured) (status.Status, string, error) {
	ready, err := e.ready.Holds(ctx, is.Object, expression.NewBudget(nil))
	if err != nil || ready {
		return status.CurrentStatus, "", err
	}
	return status.InProgressStatus, "", nil
}
