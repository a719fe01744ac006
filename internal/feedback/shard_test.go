package feedback

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// move gives the provider of a service to a shard.
func (b *bench) move(service, shard string) {
	b.t.Helper()
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		provider := b.provider(service)
		provider.Labels = map[string]string{v1.ShardLabel: shard}
		return server.Client.Update(b.t.Context(), provider)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Whoever reads the comments before there is one writes one: two at once would write two.
func TestAProviderThatMovesToAnotherShardIsToldByOneAtATime(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{Status: v1.FeatureDisabled})
	b.move("api", "one")
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.Selector = labels.SelectorFromSet(labels.Set{v1.ShardLabel: "one"})
	var asked, wrote atomic.Int32
	moved := make(chan struct{})
	b.f.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/comments"):
			wrote.Add(1)
		case strings.HasSuffix(r.URL.Path, "/comments") && asked.Add(1) == 1:
			<-moved
		}
		return false
	})
	b.live()
	soon(t, "it reads the comments", func() bool { return asked.Load() == 1 })
	b.move("api", "two")
	time.Sleep(500 * time.Millisecond)
	close(moved)
	time.Sleep(time.Second)
	if wrote.Load() > 0 {
		t.Fatal("the shard that it has left goes on")
	}
	b.move("api", "one")
	time.Sleep(2 * time.Second)
	if asked.Load() > 1 {
		t.Error("the shard that it has come to does not wait for the one that it left")
	}
	if wait := b.moves.wait(types.NamespacedName{Namespace: b.namespace, Name: "api-prs"}, time.Now().Add(timeout)); wait != 0 {
		t.Errorf("it still waits for %s after %s", wait, timeout)
	}
}
