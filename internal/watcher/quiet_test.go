package watcher

import (
	"context"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// countWrites returns a client to the real API server, and how often it has
// written through it.
func countWrites(t *testing.T) (client.Client, *int) {
	t.Helper()
	direct, err := client.NewWithWatch(server.Config, client.Options{Scheme: server.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	writes := new(int)
	return interceptor.NewClient(direct, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			*writes++
			return c.Create(ctx, o, opts...)
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			*writes++
			return c.Update(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			*writes++
			return c.Patch(ctx, o, p, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			*writes++
			return c.SubResource(name).Patch(ctx, o, p, opts...)
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, name string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			*writes++
			return c.SubResource(name).Update(ctx, o, opts...)
		},
	}), writes
}

func TestWithoutNewsNothingIsWritten(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			counted, writes := countWrites(t)
			b.Client, b.Report = counted, &report.Reporter{Client: counted, Events: b.events}
			clock := time.Now()
			b.Now = func() time.Time { return clock }
			b.Shared = source.NewShared(b.Now, transport.LocalNetworks())
			b.watch(f, withPaths("**"))
			f.Open(forge.Request{Labels: []string{"build/image-ready"}, Files: []string{"a"}})
			f.Open(forge.Request{})
			b.run()
			polls := func() (written, told int) {
				written, told = *writes, len(b.events.Events)
				for range 10 {
					clock = clock.Add(10 * time.Minute)
					b.run()
				}
				return *writes - written, len(b.events.Events) - told
			}
			if written, told := polls(); *writes == 0 || written != 0 || told != 0 {
				t.Errorf("ten polls without news wrote %d times, after %d at first, and told %d events", written, *writes, told)
			}
			f.Push(1, "0123")
			if written, told := polls(); written != 1 || told != 1 {
				t.Errorf("a push and ten polls wrote %d times and told %d events, want one of each", written, told)
			}
		})
	}
}
