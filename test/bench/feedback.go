package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/feedback"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
	"github.com/eddy-previews/eddy/test/rig"
)

const (
	// telling is how Eddy is called in the rows of requests that are told what becomes of
	// their previews.
	telling = "eddy, with feedback"
	// wereTold is the work of requests that were told all that there is to say.
	wereTold = "requests that were told, for 2.5 minutes"
	// forgeRequests are those to the forge, among the counts of others.
	forgeRequests = "FORGE"
)

// audience are the requests of a forge, whose previews are ready.
type audience struct {
	*trial
	forge     *forge.Forge
	namespace string
}

// measureFeedback lets Eddy watch requests that were told what becomes of their previews,
// which a forge takes hours for: that is done before, by a clock that is ahead.
func measureFeedback(ctx context.Context, on *rig.Rig, eddy contestant, requests int) (out report, err error) {
	lab := &laboratory{}
	defer func() { err = errors.Join(err, lab.end()) }()
	c := &audience{trial: &trial{Rig: on, contestant: eddy}, forge: forge.NewGitea(lab)}
	c.report = report{operator: telling, previews: requests}
	for n := range requests {
		c.forge.Open(forge.Request{SHA: fmt.Sprintf("%07x%033x", n+1, n+1)})
	}
	if err := errors.Join(c.tells(), c.prepare(ctx), c.begin(ctx)); err != nil {
		return report{}, err
	}
	defer func() { c.operator.Kill() }()
	if err := errors.Join(c.allReady(ctx), c.rest(ctx)); err != nil {
		return report{}, err
	}
	c.operator.Kill() // what is told is measured after a start, too
	if err := errors.Join(c.begin(ctx), c.rest(ctx)); err != nil {
		return report{}, err
	}
	untold, err := c.collected(ctx)
	if err != nil {
		return report{}, err
	}
	c.operator.Kill()
	if err := c.tellAll(ctx); err != nil {
		return report{}, fmt.Errorf("telling all requests: %w", err)
	}
	if err := errors.Join(c.begin(ctx), c.linger(ctx)); err != nil {
		return report{}, err
	}
	c.report.perRequest = (c.report.live() - untold) / int64(requests)
	return c.report, nil
}

// prepare creates what watches the forge, and has an object for each request.
func (c *audience) prepare(ctx context.Context) (err error) {
	if c.namespace, err = c.Namespace(ctx); err != nil {
		return err
	}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: c.namespace}}
	if err := yaml.UnmarshalStrict([]byte("inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]\nresources:\n"+resources), &set.Spec); err != nil {
		return err
	}
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{
		Name: "prs", Namespace: c.namespace, Annotations: map[string]string{v1.ReconcileEveryAnnotation: "6h"},
	}}
	provider.Spec = v1.ResourceSetInputProviderSpec{
		Type: c.forge.Type, URL: c.forge.URL, SecretRef: &meta.LocalObjectReference{Name: "login"},
		Filter: &v1.InputProviderFilter{Limit: c.report.previews},
	}
	login := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "login", Namespace: c.namespace}, StringData: map[string]string{"username": "flux", "password": forge.Token},
	}
	return errors.Join(c.Client.Create(ctx, login), c.Client.Create(ctx, provider), c.Client.Create(ctx, set))
}

// allReady waits until all requests have previews.
func (c *audience) allReady(ctx context.Context) error {
	for start := time.Now(); time.Since(start) < 3*patience; {
		set := &v1.ResourceSet{}
		if err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: "previews"}, set); err != nil {
			return err
		}
		if counts := set.Status.PreviewCounts; counts != nil && counts.Ready == int64(c.report.previews) {
			return nil
		}
		if err := pauseFor(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("the requests do not get previews")
}

// tellAll does what the operator does in hours.
func (c *audience) tellAll(ctx context.Context) error {
	of := client.ObjectKey{Namespace: c.namespace, Name: "prs"}
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Namespace: of.Namespace, Name: of.Name}}
	if err := c.Client.Patch(ctx, provider, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"feedback":{}}}`))); err != nil {
		return err
	}
	now := time.Now().Add(-24 * time.Hour)
	clock := func() time.Time { return now }
	c.forge.Clock(clock)
	pools := transport.NewPools(clock, transport.LocalNetworks())
	tell := &feedback.Reconciler{
		Client: c.Client, Direct: c.Client, Now: clock, Open: source.Repository,
		Credentials: &credential.Reader{Client: c.Client, Pools: pools},
	}
	for {
		next, err := tell.Reconcile(ctx, ctrl.Request{NamespacedName: of})
		if err != nil || next.RequeueAfter == 0 {
			return errors.Join(err, c.checkTold(ctx, of))
		}
		now = now.Add(next.RequeueAfter)
	}
}

func (c *audience) checkTold(ctx context.Context, of client.ObjectKey) error {
	provider := &v1.ResourceSetInputProvider{}
	if err := c.Client.Get(ctx, of, provider); err != nil {
		return err
	}
	if told := len(provider.Status.Feedback); told != c.report.previews {
		return fmt.Errorf("%d of %d requests were told", told, c.report.previews)
	}
	return nil
}

// linger looks at the operator while nothing happens.
func (c *audience) linger(ctx context.Context) error {
	if err := c.rest(ctx); err != nil {
		return err
	}
	one := figure{work: wereTold, silent: true}
	asked := c.forge.Asked()
	c.Proxy.Reset()
	if err := pauseFor(ctx, 150*time.Second); err != nil {
		return err
	}
	one.counts, _ = c.Proxy.Seen()
	if more := c.forge.Asked() - asked; more > 0 {
		one.counts[forgeRequests] = more
	}
	var err, unread error
	one.live, err = c.collected(ctx)
	one.memory, unread = c.operator.Memory()
	c.report.figures = append(c.report.figures, one)
	fmt.Fprintf(os.Stderr, "  %-28s %6d requests\n", one.work, one.counts.Total())
	return errors.Join(err, unread)
}

// laboratory stands in for the test that fakes of forges want.
type laboratory struct {
	testing.TB // what is not below is not asked for

	mu     sync.Mutex
	said   []string
	atLast []func()
}

// Helper implements testing.TB.
func (*laboratory) Helper() {}

// Cleanup implements testing.TB.
func (l *laboratory) Cleanup(last func()) { l.atLast = append(l.atLast, last) }

// Errorf implements testing.TB.
func (l *laboratory) Errorf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

// Error implements testing.TB.
func (l *laboratory) Error(args ...any) { l.Errorf("%s", fmt.Sprint(args...)) }

// end cleans up, and returns what was amiss.
func (l *laboratory) end() error {
	for n := len(l.atLast) - 1; n >= 0; n-- {
		l.atLast[n]()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.said) == 0 {
		return nil
	}
	return errors.New(strings.Join(l.said, "\n"))
}
