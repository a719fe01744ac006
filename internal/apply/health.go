package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/statusreaders"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/expression"
)

const (
	// settleInterval and settleTimeout are for definitions, which are quick.
	settleInterval = 2 * time.Second
	settleTimeout  = time.Minute
)

// ReadyExpr judges the two kinds of this project: ready when every Ready
// condition is true and speaks of the current generation.
const ReadyExpr = `status.conditions.filter(c, c.type == 'Ready')` +
	`.all(c, c.status == 'True' && c.observedGeneration == metadata.generation)`

// Unready is an object that is not ready.
type Unready struct {
	Ref Ref
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
func (a *Applier) Health(ctx context.Context, objects []Object, live Live) (map[string]Unready, error) {
	doctor, err := a.newDoctor()
	if err != nil {
		return nil, fmt.Errorf("preparing the health checks: %w", err)
	}
	suspects := a.Memory.suspects(objects, live)
	seen, err := a.ReadAll(ctx, suspects)
	if err != nil {
		return nil, err
	}
	unready := map[string]Unready{}
	for _, object := range suspects {
		is := seen[RefOf(object.Unstructured)]
		found, ill := doctor.examine(ctx, object, is)
		if !ill {
			a.Memory.noteReady(is)
			continue
		}
		for _, group := range object.Groups() {
			if worst, known := unready[group]; !known || (found.Failed && !worst.Failed) {
				unready[group] = found
			}
		}
	}
	return unready, nil
}

// ReadAll reads objects: few of them one by one, many by listing their kind.
func (a *Applier) ReadAll(ctx context.Context, objects []Object) (map[Ref]*unstructured.Unstructured, error) {
	places := map[place]int{}
	for _, object := range objects {
		places[place{object.GroupVersionKind(), object.GetNamespace()}]++
	}
	found := Live{metas: map[Ref]*Meta{}, stored: map[Ref]*unstructured.Unstructured{}}
	for p, n := range places {
		if n <= manyUnknown {
			continue
		}
		if err := a.list(ctx, scope{place: p, whole: true}, found); err != nil {
			return nil, fmt.Errorf("listing %s: %w", p.gvk.Kind, err)
		}
	}
	for _, object := range objects {
		if places[place{object.GroupVersionKind(), object.GetNamespace()}] > manyUnknown {
			continue
		}
		is, err := a.Read(ctx, RefOf(object.Unstructured), object.GroupVersionKind().Version)
		if err != nil {
			return nil, err
		}
		if is != nil {
			found.stored[RefOf(object.Unstructured)] = is
		}
	}
	return found.stored, nil
}

// Read returns an object as it is stored, nil when there is none.
func (a *Applier) Read(ctx context.Context, ref Ref, version string) (*unstructured.Unstructured, error) {
	is := &unstructured.Unstructured{}
	is.SetGroupVersionKind(Entry{Ref: ref, Version: version}.gvk())
	err := a.Client.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: ref.Name}, is)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	return is, nil
}

// awaitReady waits for one definition.
func (a *Applier) awaitReady(ctx context.Context, o *unstructured.Unstructured) error {
	object, last := Object{Unstructured: o}, Unready{}
	err := wait.PollUntilContextTimeout(ctx, settleInterval, settleTimeout, true, func(ctx context.Context) (bool, error) {
		unready, err := a.Health(ctx, []Object{object}, Live{})
		found, ill := unready[object.Group]
		last = found
		return !ill, err
	})
	if wait.Interrupted(err) {
		return fmt.Errorf("%s, after %s", last, settleTimeout)
	}
	return err
}

// errOddStatus stands for what kstatus says of an object that it cannot judge,
// which repeats what is in the object.
var errOddStatus = errors.New("it is not of the form that Kubernetes objects have")

// doctor judges objects.
type doctor struct {
	// jobs reads the kind that kstatus alone misjudges.
	jobs engine.StatusReader
	// ready is ReadyExpr.
	ready *expression.Expression
}

func (a *Applier) newDoctor() (*doctor, error) {
	ready, err := expression.NewBudget().Compile(ReadyExpr)
	if err != nil {
		return nil, err
	}
	return &doctor{jobs: statusreaders.NewCustomJobStatusReader(a.Client.RESTMapper()), ready: ready}, nil
}

// examine judges an object by what is stored of it.
func (d *doctor) examine(ctx context.Context, want Object, is *unstructured.Unstructured) (Unready, bool) {
	out := Unready{Ref: RefOf(want.Unstructured)}
	if is == nil {
		out.Why = "it is not there"
		return out, !isShortLived(want.Unstructured)
	}
	state, why, err := d.status(ctx, is)
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

func (d *doctor) status(ctx context.Context, is *unstructured.Unstructured) (status.Status, string, error) {
	switch gvk := is.GroupVersionKind(); {
	case gvk.GroupVersion() == v1.GroupVersion:
		return d.ours(ctx, is)
	case d.jobs.Supports(gvk.GroupKind()):
		found, err := d.jobs.ReadStatusForObject(ctx, nil, is)
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
func (d *doctor) ours(ctx context.Context, is *unstructured.Unstructured) (status.Status, string, error) {
	ready, err := d.ready.Holds(ctx, is.Object, expression.NewBudget())
	if err != nil || ready {
		return status.CurrentStatus, "", err
	}
	return status.InProgressStatus, "", nil
}

// isShortLived reports whether an object takes itself away once it is done: a
// Job with a time to live.
func isShortLived(o *unstructured.Unstructured) bool {
	gvk := o.GroupVersionKind()
	_, limited, err := unstructured.NestedFieldNoCopy(o.Object, "spec", "ttlSecondsAfterFinished")
	return gvk.Group == "batch" && gvk.Kind == "Job" && limited && err == nil
}
