package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// NodeMode says whether there is to be a node.
type NodeMode string

// The modes of a node.
const (
	// NodeAuto uses a node where the machine can run one, and says what is
	// missing where it cannot.
	NodeAuto NodeMode = "auto"
	// NodeOn fails where the machine cannot run one.
	NodeOn NodeMode = "on"
	// NodeOff does without.
	NodeOff NodeMode = "off"
)

// Options say what to bring up.
type Options struct {
	Folder Folder
	Node   NodeMode
	CRDs   []string
	Runs   []Run
	// WithoutNode are programs that run only where there is no node to run
	// them in a pod.
	WithoutNode []Run
	Builder     *toolchain.Builder
	Progress    *progress.Printer
	// RestLater says that what a first preview does not need is built and
	// started once the system is ready.
	RestLater bool
}

// Up brings a system up, calls ready, and keeps it until the context ends;
// then it takes everything down. The state stays in the folder.
func Up(ctx context.Context, o Options, ready func(*system.Info)) (err error) {
	for _, dir := range o.CRDs {
		if _, err := kube.ReadCRDs(dir); err != nil {
			return err // now, and not after everything has started
		}
	}
	if err := os.MkdirAll(string(o.Folder), 0o750); err != nil {
		return fmt.Errorf("making the system's folder: %w", err)
	}
	lock, err := o.Folder.own()
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // frees the lock; nothing was written
	if err := o.Folder.forgetRun(); err != nil {
		return err
	}
	s, err := newRun(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	info, err := s.bringUp(ctx)
	if err != nil {
		return err
	}
	ready(info)
	<-ctx.Done()
	o.Progress.Line("taking the system down")
	return nil
}

// run is a system while its supervisor lives.
type run struct {
	Options
	slot       *slot.Slot
	ports      ports
	supervisor *supervise.Supervisor
	info       *system.Info
	withNode   bool
	// life ends when the supervisor takes the system down.
	life context.Context
	// cleanups undo, last first, what the kernel does not undo by itself.
	cleanups []func() error
}

// newRun takes a slot, the one of the last time if possible, and makes sure
// that nothing of a supervisor that was killed is still there.
func newRun(ctx context.Context, o Options) (*run, error) {
	last, err := o.Folder.readState()
	if errors.Is(err, errNoSystem) {
		last.Slot = -1
	} else if err != nil {
		return nil, err
	} else if err := sweep(o.Folder, last); err != nil {
		return nil, err
	}
	taken, err := slot.Take(slot.Dir(), last.Slot)
	if err != nil {
		return nil, err
	}
	r := &run{Options: o, slot: taken, life: ctx}
	if err := r.prepare(); err != nil {
		taken.Free()
		return nil, err
	}
	return r, nil
}

func (r *run) prepare() error {
	if err := r.Folder.writeState(state{Supervisor: os.Getpid(), Slot: r.slot.Number}); err != nil {
		return err
	}
	var err error
	if r.ports, err = takePorts(r.slot); err != nil {
		return err
	}
	r.supervisor, err = supervise.New(string(r.Folder), func(parts []supervise.Part) {
		// status reads this; a disk that is full must not end the system.
		_ = r.Folder.writeJSON("parts.json", parts)
	})
	r.info = &system.Info{
		Dir: string(r.Folder), Kubeconfig: r.Folder.path("kubeconfig"), Logs: r.Folder.path("logs"),
	}
	return err
}

// bringUp starts everything. What does not wait for each other starts at the
// same time:
//
//	etcd ── API server ─┬─ controller manager
//	                    ├─ Flux's CRDs ── its controllers
//	                    ├─ CRDs of --crds
//	                    └─ scheduler, node, ingress
//	Gitea
//	                              … then helm- and notification-controller, registry
//	                              … and then the programs of --run
func (r *run) bringUp(ctx context.Context) (*system.Info, error) {
	if err := r.decideNode(ctx); err != nil {
		return nil, err
	}
	if err := r.build(ctx); err != nil {
		return nil, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.startGitea(groupCtx) })
	group.Go(func() error { return r.startKubernetes(groupCtx) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	begin, err := r.bringUpRest(ctx)
	if err != nil {
		return nil, err
	}
	config, err := r.fluxConfig()
	if err != nil {
		return nil, err
	}
	r.info.Events = r.eventsURL()
	for _, each := range r.programs() {
		if err := r.start(ctx, each.spec(r.info.Kubeconfig, config.EventsURL())); err != nil {
			return nil, err
		}
	}
	if err := r.info.Save(); err != nil {
		return nil, err
	}
	begin()
	return r.info, nil
}

// programs are those of --run, and without a node those that a pod would be for.
func (r *run) programs() []Run {
	if r.info.Node != nil {
		return r.Runs
	}
	return slices.Concat(r.Runs, r.WithoutNode)
}

// eventsURL is where notification-controller takes events, for pods as well.
func (r *run) eventsURL() string {
	host := "127.0.0.1"
	if r.info.Node != nil {
		host = r.info.Node.Host
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(r.ports.flux.Events)) + "/"
}

// bringUpRest starts the rest, now or, where that was asked for and it is not
// built, once begin is called.
func (r *run) bringUpRest(ctx context.Context) (begin func(), err error) {
	built, err := r.Builder.Has(toolchain.Rest)
	if err != nil {
		return nil, err
	}
	if built || !r.RestLater {
		return func() {}, r.startRest(ctx, r.info)
	}
	return r.later(ctx)
}

func (r *run) build(ctx context.Context) error {
	wanted := []toolchain.Selection{toolchain.First}
	if !r.RestLater {
		wanted = append(wanted, toolchain.Rest)
	}
	if err := r.Builder.Build(ctx, wanted...); err != nil {
		return err
	}
	kubectl, err := r.Builder.Tool("kubernetes", "kubectl")
	if err != nil {
		return err
	}
	return r.Folder.link(kubectl)
}

// start starts a process and tells of it.
func (r *run) start(ctx context.Context, spec supervise.Spec) error {
	began := time.Now()
	defer r.Progress.Watch("waiting for " + spec.Name)()
	if err := r.supervisor.Start(ctx, spec); err != nil {
		return err
	}
	verb := "ready"
	if spec.Ready == nil {
		verb = "started"
	}
	r.Progress.Line("%-24s %s in %.1fs  %s", spec.Name, verb, time.Since(began).Seconds(), spec.Address)
	return nil
}

// close ends all processes, and takes back what outlives them.
func (r *run) close() error {
	r.supervisor.Stop()
	var errs []error
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		errs = append(errs, r.cleanups[i]())
	}
	errs = append(errs, r.Folder.forgetRun())
	r.slot.Free()
	return errors.Join(errs...)
}
