package actors

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Crowd is a busy repository and a provider that watches it closely, without
// any previews. It notes whatever the provider drops.
type Crowd struct {
	Forge *Forge

	world *World
	name  string
	watch watch.Interface
	done  chan struct{}

	mu sync.Mutex
	// left is how often each request was about to be ready no more, and dropped
	// how often the provider has dropped it.
	left, dropped map[string]int
	inputs        map[string]string
	wrong         []error
}

// Gather makes a repository and its provider, which polls each second.
func (w *World) Gather(ctx context.Context, name string) (*Crowd, error) {
	crowd := &Crowd{
		Forge: w.Forge.In(name), world: w, name: name, done: make(chan struct{}),
		left: map[string]int{}, dropped: map[string]int{}, inputs: map[string]string{},
	}
	if err := crowd.Forge.Prepare(ctx); err != nil {
		return nil, err
	}
	text, err := example(w.Programs.Root, "provider.yaml",
		change{"https://gitea.example.com/acme/api", crowd.Forge.AppURL()},
		change{"name: " + Provider, "name: " + name},
		change{"whenMissing: Freeze", "whenMissing: Remove"}, // so that its inputs are what is ready
		change{`reconcileEvery: "5m"`, `reconcileEvery: "1s"`})
	if err != nil {
		return nil, err
	}
	if err := w.apply(ctx, text); err != nil {
		return nil, err
	}
	crowd.watch, err = w.Kube.Watch(ctx, &v1.ResourceSetInputProviderList{},
		client.InNamespace(Namespace), client.MatchingFields{"metadata.name": name})
	if err != nil {
		return nil, fmt.Errorf("watching the provider %s: %w", name, err)
	}
	go crowd.follow()
	return crowd, nil
}

// Leaving notes that a request is about to be closed, or to lose its label.
func (c *Crowd) Leaving(pr PullRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left[pr.ID()]++
}

// follow looks at each version of the provider. A request that goes needs a
// reason of its own, each time.
func (c *Crowd) follow() {
	defer close(c.done)
	for event := range c.watch.ResultChan() {
		provider, ok := event.Object.(*v1.ResourceSetInputProvider)
		if !ok || event.Type == watch.Deleted {
			continue
		}
		c.mu.Lock()
		now := inputsOf(provider)
		for id := range c.inputs {
			if _, there := now[id]; there {
				continue
			}
			if c.dropped[id]++; c.dropped[id] > c.left[id] {
				c.wrong = append(c.wrong, fmt.Errorf("request %s was dropped %d times, and was closed or not ready %d times", id, c.dropped[id], c.left[id]))
			}
		}
		c.inputs = now
		c.mu.Unlock()
	}
}

// Poll lets the provider look once more, and returns what it exports then: the
// commit of each request.
func (c *Crowd) Poll(ctx context.Context) (map[string]string, error) {
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: c.name, Namespace: Namespace}}
	token, err := c.world.Request(ctx, provider)
	if err != nil {
		return nil, err
	}
	err = c.world.Wait(ctx, Claim{What: "the provider " + c.name + " has polled", Within: soon, Check: func(ctx context.Context) error {
		if err := c.world.Get(ctx, c.name, provider); err != nil {
			return err
		}
		if provider.Status.LastHandledReconcileAt != token {
			return fmt.Errorf("it has handled %q", provider.Status.LastHandledReconcileAt)
		}
		// A run that failed, as Gitea was too busy, keeps what was, and comes again.
		return ready(provider, provider.Generation)
	}})
	return inputsOf(provider), err
}

// Truth is what the forge has that is open and ready: the commit of each.
func (c *Crowd) Truth(ctx context.Context) (map[string]string, error) {
	open, err := c.Forge.List(ctx)
	out := map[string]string{}
	for _, pr := range open {
		if pr.Ready() {
			out[pr.ID()] = pr.SHA
		}
	}
	return out, err
}

// Leave deletes the provider, and returns how often it has dropped a request,
// and each time that it had no reason to.
func (c *Crowd) Leave(ctx context.Context) (drops int, wrong []error, err error) {
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: c.name, Namespace: Namespace}}
	err = client.IgnoreNotFound(c.world.Kube.Delete(ctx, provider))
	c.watch.Stop()
	select {
	case <-c.done:
	case <-time.After(soon):
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for count := range maps.Values(c.dropped) {
		drops += count
	}
	return drops, c.wrong, err
}
