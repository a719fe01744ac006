package watcher

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

var number = regexp.MustCompile(`^\d+$`)

// lookingUp breaks what is asked about a single request, or below one; a list
// is answered.
func lookingUp(fault forge.Fault) forge.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		single := number.MatchString(path.Base(r.URL.Path)) || path.Base(r.URL.Path) == "labels"
		return single && fault(w, r)
	}
}

// atOnce breaks in several ways: the first fault that answers does.
func atOnce(faults ...forge.Fault) forge.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		for _, fault := range faults {
			if fault(w, r) {
				return true
			}
		}
		return false
	}
}

// three opens requests that are ready, and returns how they are exported.
func three(f *forge.Forge) string {
	for n := 1; n <= 3; n++ {
		f.Open(forge.Request{SHA: fmt.Sprint("c", n), Labels: []string{readyLabel}})
	}
	return "1@c1 2@c2 3@c3"
}

func TestALookUpThatFailsFailsTheRun(t *testing.T) {
	faults := map[string]forge.Fault{
		"502":              forge.Status(http.StatusBadGateway),
		"429":              forge.Status(http.StatusTooManyRequests, "Retry-After", "60"),
		"a sign-in page":   forge.SignInPage(http.StatusNonAuthoritativeInfo),
		"a truncated body": forge.Truncated(),
		"a reset":          forge.Reset(),
	}
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, nil)
			all := three(f)
			b.want(all)
			f.Close(2)
			for name, fault := range faults {
				f.Break(atOnce(lookingUp(fault), f.EmptyList()))
				t.Run(name, func(*testing.T) {
					b.wantReady(b.want(all), metav1.ConditionFalse, meta.ReconciliationFailedReason, "asking whether it is closed failed")
				})
			}
			f.Break(f.EmptyList())
			b.want("1@c1 3@c3")
		})
	}
}

// Azure DevOps tells the labels of a single request apart.
func TestALookUpThatFailsInPartFailsTheRun(t *testing.T) {
	b, f := newBench(t), forge.NewAzureDevOps(t)
	b.watch(f, nil)
	all := three(f)
	b.want(all)
	f.Break(atOnce(f.EmptyList(), func(w http.ResponseWriter, r *http.Request) bool {
		return path.Base(r.URL.Path) == "labels" && forge.Status(http.StatusBadGateway)(w, r)
	}))
	b.wantReady(b.want(all), metav1.ConditionFalse, meta.ReconciliationFailedReason, "its labels: ")
}

// While page one is answered, one request of it is closed: what was first on
// page two is now last on page one, and on no page that is read.
func TestAListThatMovesWhileItIsReadLosesNothing(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Filter = &v1.InputProviderFilter{Limit: 300} })
			for range 250 {
				f.Open(forge.Request{Labels: []string{readyLabel}})
			}
			if got := len(b.run().Status.ExportedInputs); got != 250 {
				t.Fatalf("%d requests are exported", got)
			}
			pages := 0
			f.Break(f.Meanwhile(func(all []*forge.Request) {
				if pages++; pages == 2 {
					all[10].Closed = true
				}
			}))
			provider := b.run()
			b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
			f.Mend()
			if got := len(provider.Status.ExportedInputs); got < 249 {
				t.Errorf("%d requests are left, and 249 are open", got)
			}
			if got := len(b.run().Status.ExportedInputs); got != 249 {
				t.Errorf("%d requests are exported after a clean poll", got)
			}
		})
	}
}
