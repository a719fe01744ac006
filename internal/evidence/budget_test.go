package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/registry"
)

// asker are the providers of some tenants, whose CI is at one forge and has said nothing
// yet.
type asker struct {
	t     *testing.T
	looks evidence.Looks
	now   time.Time
	gate  v1.Gate
}

func newAsker(t *testing.T) *asker {
	t.Helper()
	return &asker{t: t, now: time.Now(), gate: v1.Gate{Checks: []v1.GateCheck{{Name: "build"}}}}
}

// looksOf asks for so many commits that wait, and returns how many were looked at.
func (a *asker) looksOf(tenant, name string, count int, change ...func(*evidence.Question)) (looked int) {
	a.t.Helper()
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.URL, provider.Spec.Gate = "https://forge.example.com/acme/api", &a.gate
	gate, err := evidence.Compile(provider)
	if err != nil {
		a.t.Fatal(err)
	}
	asked := make(chan string, count)
	q := evidence.Question{
		Asking: admit.Asking{Provider: types.NamespacedName{Namespace: tenant, Name: name}, Now: func() time.Time { return a.now }, Interval: time.Minute},
		Checks: func(_ context.Context, item forge.Item, _ forge.Names) ([]forge.Check, error) {
			asked <- item.SHA
			return nil, nil
		},
		Open: func(context.Context, v1.GateImage, string) (*registry.Repository, error) {
			return nil, errors.New("there is no registry")
		},
	}
	for _, each := range change {
		each(&q)
	}
	items := make([]forge.Item, count)
	for n := range items {
		items[n] = forge.Item{ID: fmt.Sprint(n), SHA: fmt.Sprintf("%040x", n)}
	}
	gate.Ask(a.t.Context(), &a.looks, q, items)
	return len(asked)
}

func byHand(q *evidence.Question) { q.Anew = true }

func TestNoTenantWaitsForTheLooksOfAnother(t *testing.T) {
	a := newAsker(t)
	for minute := range 5 {
		for _, name := range []string{"api", "web"} {
			if got := a.looksOf("mallory", name, 300, byHand); got != 300 {
				t.Fatalf("who asks by hand has %d looks", got)
			}
		}
		a.now = a.now.Add(time.Second)
		if got := a.looksOf("alice", "api", 50); got != 50 {
			t.Errorf("in the minute %d there are %d looks, beside a tenant who asks by hand", minute, got)
		}
		a.now = a.now.Add(time.Minute)
	}
}

func TestTheProvidersOfATenantShareTheLooksOfAMinute(t *testing.T) {
	a := newAsker(t)
	if one, other := a.looksOf("alice", "api", 70), a.looksOf("alice", "web", 70); one != 70 || other != 30 {
		t.Errorf("there are %d and %d looks", one, other)
	}
	a.now = a.now.Add(time.Minute)
	if got := a.looksOf("alice", "web", 70); got != 70 {
		t.Errorf("there are %d in the next minute", got)
	}
}

func TestALookAtManyImagesOfARegistryIsOne(t *testing.T) {
	a := newAsker(t)
	for n := range 5 {
		a.gate.Images = append(a.gate.Images, v1.GateImage{Name: fmt.Sprint("i", n), Repository: fmt.Sprint("forge.example.com/acme/i", n)})
	}
	if got := a.looksOf("alice", "api", 90); got != 90 {
		t.Errorf("there are %d looks", got)
	}
}
