package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/test/rig"
)

// resources are what each preview has: one object, that nothing else touches.
const resources = `
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-pr-<< inputs.id >>, namespace: << inputs.provider.namespace >>}
  spec:
    interval: 10m
    prune: true
    path: ./deploy/preview
    sourceRef: {kind: GitRepository, name: fleet}
    postBuild: {substitute: {PR_NUMBER: << inputs.id | quote >>, COMMIT_SHA: << inputs.sha | quote >>}}
`

const (
	// quiet is how long no request may come for a piece of work to be over.
	quiet = 2 * time.Second
	// patience is how long an operator may leave a piece of work undone.
	patience = time.Minute
	// atRest is the work that does nothing.
	atRest = "nothing changed"
	// unasked is a run that nobody asked for by an annotation, and that finds nothing.
	unasked = "the same inputs again"
	// turns is how often work is done in turns with a client that does nothing else, as it
	// is short and the machine has other work.
	turns = 5
	// mostOfBare is how many times that client's time it may take.
	mostOfBare = 2
)

// figure is what one piece of work costs.
type figure struct {
	work string
	// most are the requests that Eddy promises; zero when it promises nothing.
	most int
	// silent says that it promises none at all.
	silent bool
	// writes are those of a status that it promises at most; zero when it promises nothing.
	writes int
	counts rig.Counts
	// took is the time to the last request, or of a run that makes none; and cpu how long
	// the operator used a processor.
	took, cpu time.Duration
	// floor is what a client needs that only writes what the work comes to; zero where
	// that was not measured. ratio is the most that is promised as a multiple of it.
	floor time.Duration
	ratio float64
	// memory is what the operator holds afterwards, in bytes; and live what of its heap
	// was in use when garbage was collected last, where that was waited for.
	memory, live int64
	// undone is why the work was not done.
	undone error
}

// report is what one operator costs with a set of one size.
type report struct {
	operator string
	previews int
	figures  []figure
	// idle is what the operator holds before there is any preview, in bytes.
	idle int64
	// perWorkload is the memory that a workload costs that is watched, in bytes, where
	// that was measured.
	perWorkload int64
	// perRequest is that of a request that was told.
	perRequest int64
	// floor is the time that a client needs to write the objects.
	floor time.Duration
}

// live is what of the heap is in use when all are applied and known, in bytes.
func (r report) live() int64 {
	for _, one := range r.figures {
		if one.live > 0 {
			return one.live
		}
	}
	return 0
}

// perPreview is the memory that a preview costs when all are applied and known,
// in bytes.
func (r report) perPreview() int64 {
	full := r.idle
	for _, one := range r.figures {
		if one.work == atRest || one.work == unchanged {
			full = one.memory
		}
	}
	return (full - r.idle) / int64(r.previews)
}

// trial is one operator at work on one set.
type trial struct {
	*rig.Rig
	contestant
	flock    *rig.Flock
	commits  map[string]string
	pushes   int
	operator *rig.Operator
	// metrics and profiles are where Eddy tells them; "" of another operator.
	metrics, profiles string
	report            report
}

// measure lets an operator do each piece of work once, in an order in which
// each finds what it needs.
func measure(ctx context.Context, on *rig.Rig, operator contestant, previews int) (report, error) {
	flock, err := on.NewFlock(ctx, resources)
	if err != nil {
		return report{}, err
	}
	t := &trial{Rig: on, contestant: operator, flock: flock, commits: map[string]string{}}
	t.report = report{operator: operator.name, previews: previews}
	if operator.name == eddyName {
		if err := t.tells(); err != nil {
			return report{}, err
		}
	}
	if err := errors.Join(t.export(ctx), t.begin(ctx)); err != nil {
		return report{}, err
	}
	defer func() { t.operator.Kill() }()
	for id := range previews {
		t.commits[fmt.Sprint(id)] = "c0ffee"
	}
	return t.report, errors.Join(t.doAll(ctx), t.flock.Delete(ctx), t.rest(ctx))
}

// doAll does each piece of work.
func (t *trial) doAll(ctx context.Context) error {
	for _, step := range []struct {
		work   string
		most   int
		action func(context.Context) error
		beside func(*bare, context.Context) (time.Duration, error)
	}{
		{"first apply", t.report.previews*11/10 + 20, t.export, nil},
		{unasked, 0, t.export, nil},
		{atRest, 2, t.flock.Request, (*bare).answer},
		{"one input changed", 5, t.push, (*bare).change},
		{"one input removed", 5, t.close, nil},
		{"one object edited by hand", 8, t.edit, nil},
		{"one object deleted by hand", 8, t.remove, nil},
		{"operator restarted", 30, t.restart, nil},
		{"all inputs changed", 0, t.pushAll, nil},
		{"all inputs removed", t.report.previews*105/100 + 5, t.closeAll, nil},
	} {
		one := figure{work: step.work, most: step.most, silent: step.work == unasked}
		var err error
		switch {
		case step.beside != nil:
			err = t.doBeside(ctx, one, step.action, step.beside)
		case one.silent:
			err = t.doUnasked(ctx, one, step.action)
		default:
			err = t.do(ctx, one, step.action)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step.work, err)
		}
	}
	return nil
}

// begin starts the operator and lets it come to rest.
func (t *trial) begin(ctx context.Context) (err error) {
	t.Proxy.Reset()
	if t.operator, err = t.Start(ctx, t.command); err != nil {
		return err
	}
	if err := t.rest(ctx); err != nil {
		return err
	}
	t.report.idle, err = t.operator.Memory()
	return err
}

// doBeside does a piece of work several times, in turns with a client that writes the
// same and does nothing else, while the operator is stopped; it notes the middle one.
func (t *trial) doBeside(ctx context.Context, one figure, action func(context.Context) error, beside func(*bare, context.Context) (time.Duration, error)) error {
	bare, err := newBare(ctx, t.Rig, t.flock, t.commits)
	if err != nil {
		return fmt.Errorf("preparing the client: %w", err)
	}
	var floors []time.Duration
	one.ratio = mostOfBare
	first := len(t.report.figures)
	for range turns {
		if err := t.operator.Pause(); err != nil {
			return err
		}
		floor, err := beside(bare, ctx)
		if err := errors.Join(err, t.operator.Resume(), t.rest(ctx)); err != nil {
			return err
		}
		floors = append(floors, floor)
		if err := t.do(ctx, one, action); err != nil {
			return err
		}
	}
	all := slices.SortedFunc(slices.Values(t.report.figures[first:]), func(a, b figure) int { return cmp.Compare(a.took, b.took) })
	middle := all[len(all)/2]
	middle.floor = slices.Sorted(slices.Values(floors))[len(floors)/2]
	if one.work == atRest {
		if err := t.weigh(ctx, &middle); err != nil {
			return err
		}
	}
	t.report.figures = append(t.report.figures[:first], middle)
	if t.profileIn != "" && t.profiles != "" {
		if err := t.profile(ctx, one.work, action); err != nil {
			return err
		}
	}
	return errors.Join(bare.flock.Delete(ctx), t.rest(ctx))
}

// doUnasked does a piece of work that makes no request: its time is that of the run.
func (t *trial) doUnasked(ctx context.Context, one figure, action func(context.Context) error) error {
	before, ran, err := t.runs(ctx)
	if err := errors.Join(err, t.do(ctx, one, action)); err != nil {
		return err
	}
	after, took, err := t.runs(ctx)
	t.report.figures[len(t.report.figures)-1].took = time.Duration(float64(took-ran) / max(1, after-before))
	return err
}

// do lets the operator do a piece of work, and notes what it cost.
func (t *trial) do(ctx context.Context, one figure, action func(context.Context) error) (err error) {
	t.Proxy.Reset()
	start := time.Now()
	used, err := t.operator.CPU()
	if err := errors.Join(err, action(ctx)); err != nil {
		return err
	}
	for {
		if err := t.rest(ctx); err != nil {
			return err
		}
		one.undone = t.done(ctx)
		if one.undone == nil || time.Since(start) > patience {
			break
		}
	}
	var last time.Time
	one.counts, last = t.Proxy.Seen()
	one.took = last.Sub(start)
	now, err := t.operator.CPU()
	if err != nil {
		return err
	}
	if one.cpu = now - used; one.cpu < 0 { // it is another process
		one.cpu = now
	}
	fmt.Fprintf(os.Stderr, "  %-28s %6d requests %8s %8s of a processor\n", one.work, one.counts.Total(), one.took.Round(time.Millisecond), one.cpu)
	if one.work == unchanged {
		err = t.weigh(ctx, &one)
	} else {
		one.memory, err = t.operator.Memory()
	}
	t.report.figures = append(t.report.figures, one)
	return err
}

// weigh notes what the operator holds once garbage is collected.
func (t *trial) weigh(ctx context.Context, one *figure) (err error) {
	if t.profiles != "" && t.report.previews >= many {
		if one.live, err = t.collected(ctx); err != nil {
			return err
		}
	}
	one.memory, err = t.operator.Memory()
	return err
}

// rest waits until no request comes any more.
func (t *trial) rest(ctx context.Context) error {
	for start := time.Now(); ; {
		counts, last := t.Proxy.Seen()
		left := quiet - time.Since(last)
		switch {
		case left <= 0:
			return nil
		case !t.operator.Alive():
			return fmt.Errorf("the operator has ended:\n%s", t.operator.Log())
		case time.Since(start) > patience:
			return fmt.Errorf("the operator does not come to rest: %v", counts)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		time.Sleep(min(left, quiet/10))
	}
}

// done compares the cluster with what is asked for.
func (t *trial) done(ctx context.Context) error {
	objects, err := t.flock.Objects(ctx, "kustomize.toolkit.fluxcd.io/v1", "Kustomization")
	if err != nil {
		return err
	}
	if len(objects) != len(t.commits) {
		return fmt.Errorf("there are %d objects for %d previews", len(objects), len(t.commits))
	}
	for id, want := range t.commits {
		if got, _, err := unstructured.NestedString(objects[name(id)].Object, commitField...); err != nil || got != want {
			return fmt.Errorf("preview %s has the commit %q, not %q: %w", id, got, want, err)
		}
	}
	return nil
}

func (t *trial) export(ctx context.Context) error { return t.flock.Export(ctx, t.commits) }

func (t *trial) push(ctx context.Context) error {
	t.pushes++
	t.commits["7"] = fmt.Sprintf("beef%d", t.pushes)
	return t.export(ctx)
}

func (t *trial) close(ctx context.Context) error {
	delete(t.commits, "9")
	return t.export(ctx)
}

func (t *trial) pushAll(ctx context.Context) error {
	for id := range t.commits {
		t.commits[id] = "cafe"
	}
	return t.export(ctx)
}

func (t *trial) closeAll(ctx context.Context) error {
	clear(t.commits)
	return t.export(ctx)
}

func (t *trial) edit(ctx context.Context) error {
	object, err := t.object(ctx, "11")
	if err != nil {
		return err
	}
	if err := unstructured.SetNestedField(object.Object, "edited", commitField...); err != nil {
		return err
	}
	return t.Client.Update(ctx, object, client.FieldOwner("kubectl-edit"))
}

func (t *trial) remove(ctx context.Context) error {
	object, err := t.object(ctx, "12")
	if err != nil {
		return err
	}
	return t.Client.Delete(ctx, object)
}

func (t *trial) object(ctx context.Context, id string) (*unstructured.Unstructured, error) {
	object := kustomization(t.flock.Namespace, id)
	return object, t.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
}

func (t *trial) restart(ctx context.Context) (err error) {
	t.operator.Kill()
	t.Proxy.Reset()
	t.operator, err = t.Start(ctx, t.command)
	return err
}

func name(id string) string { return "api-pr-" + id }

var commitField = []string{"spec", "postBuild", "substitute", "COMMIT_SHA"}
