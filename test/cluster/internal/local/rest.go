package local

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/eddy-previews/eddy/test/cluster/internal/registry"
	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// eventTimeout is how long the headers of an event may take.
const eventTimeout = 5 * time.Second

// registryHost is the HOST:PORT of the registry, the same for this machine, the
// node and its pods.
func (r *run) registryHost() string {
	host := "127.0.0.1"
	if r.withNode {
		host = slot.NetworkOf(r.slot.Number).HostIP
	}
	return net.JoinHostPort(host, strconv.Itoa(r.ports.registry))
}

// startRest builds what is missing of the rest, and starts it: the registry,
// helm-controller and notification-controller.
func (r *run) startRest(ctx context.Context, info *system.Info) error {
	if err := r.Builder.Build(ctx, toolchain.Rest); err != nil {
		return err
	}
	specs, err := r.restSpecs()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, spec := range specs {
		group.Go(func() error { return r.start(ctx, spec) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	info.Registry, info.Coming = &system.Registry{Host: r.registryHost()}, nil
	return nil
}

func (r *run) restSpecs() ([]supervise.Spec, error) {
	program, err := r.Builder.Tool("registry", "registry")
	if err != nil {
		return nil, err
	}
	images := registry.Config{Dir: r.Folder.path("registry"), Program: program, Port: r.ports.registry}
	if err := images.Prepare(); err != nil {
		return nil, err
	}
	config, err := r.fluxConfig()
	if err != nil {
		return nil, err
	}
	specs, err := config.Rest()
	return append(specs, images.Spec()), err
}

// later makes ready for a rest that starts while the system is in use already,
// and returns what starts it. Until then events are taken and forgotten: whoever
// sends one would otherwise try for many seconds, and do nothing else.
func (r *run) later(ctx context.Context) (begin func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	events, err := forgetEvents(ctx, r.ports.flux.Events)
	if err != nil {
		cancel()
		return nil, err
	}
	r.info.Coming = []string{"helm-controller", "notification-controller", "registry"}
	ended := make(chan struct{})
	begin = func() {
		r.cleanups = append(r.cleanups, func() error { cancel(); <-ended; return nil })
		info := *r.info // the one there is belongs to whoever was told that it is ready
		go func() {
			defer close(ended)
			if err := r.finish(ctx, events, &info); err != nil && ctx.Err() == nil {
				r.Progress.Line("the rest of the system did not start: %v", err)
			}
		}()
	}
	return begin, nil
}

// finish builds the rest, starts it in the place of what has stood there, and
// says so in system.json.
func (r *run) finish(ctx context.Context, events *http.Server, info *system.Info) error {
	defer func() { _ = events.Close() }() // nothing is lost with it
	aside := *r.Builder
	aside.Aside = true // somebody works with the system meanwhile
	if err := aside.Build(ctx, toolchain.Rest); err != nil {
		return err
	}
	if err := events.Close(); err != nil {
		return err
	}
	if err := r.startRest(ctx, info); err != nil {
		return err
	}
	return info.Save()
}

func forgetEvents(ctx context.Context, port int) (*http.Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return nil, fmt.Errorf("listening for events: %w", err)
	}
	accept := func(answer http.ResponseWriter, _ *http.Request) { answer.WriteHeader(http.StatusAccepted) }
	server := &http.Server{Handler: http.HandlerFunc(accept), ReadHeaderTimeout: eventTimeout}
	go func() { _ = server.Serve(listener) }() // it ends when it is closed
	return server, nil
}
