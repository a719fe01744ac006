package watcher

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

// seed of the campaign, so that a run that fails can be repeated.
var seed = flag.Uint64("campaign-seed", uint64(os.Getpid())<<16^uint64(time.Now().UnixNano()), "seed of the fault campaign")

const (
	campaignPolls = 2500 // of each of the four forges
	campaignOpen  = 50   // requests, about
	campaignPage  = 20   // items, so that a listing has several pages
	readyLabel    = "build/image-ready"
)

// TestNoPreviewIsLostToAGlitchAndNoneIsLeftOver polls each forge for as long as
// a team needs two weeks for, with something going wrong in every third poll,
// and people who open, push, label, close, merge and reopen all the while.
func TestNoPreviewIsLostToAGlitchAndNoneIsLeftOver(t *testing.T) {
	polls := campaignPolls
	if testing.Short() {
		polls /= 20
	}
	t.Logf("repeat with -campaign-seed=%d", *seed)
	for n, start := range forges {
		c := newCampaign(t, start(t), rand.New(rand.NewPCG(*seed, uint64(n)))) //nolint:gosec // not for secrets
		t.Run(c.forge.Type, func(t *testing.T) {
			t.Parallel()
			for range polls {
				c.poll(t)
			}
			t.Logf("%d polls: %d with a fault, %d failed, %d clean; %d previews started, %d ended; lost %d, left over %d",
				polls, c.faults, c.failed, c.clean, c.started, c.ended, c.lost, c.left)
			if c.lost+c.left+c.missing > 0 {
				t.Errorf("lost %d, left over %d, missing %d: repeat with -campaign-seed=%d", c.lost, c.left, c.missing, *seed)
			}
			if c.clean < polls/3 || c.failed < polls/20 || c.ended < polls/50 {
				t.Error("too little went wrong, or too little happened, to prove anything")
			}
		})
	}
}

// campaign is one forge, one provider, and what has become of them.
type campaign struct {
	*Reconciler
	forge    *forge.Forge
	provider *v1.ResourceSetInputProvider
	random   *rand.Rand
	clock    time.Time
	// ready are the requests that are open and ready to be deployed, by number.
	ready map[int]bool
	last  int
	// touched are those that changed during a poll: what becomes of them, the
	// next one tells.
	touched map[int]bool

	faults, failed, clean, started, ended, lost, left, missing int
}

func newCampaign(t *testing.T, f *forge.Forge, random *rand.Rand) *campaign {
	t.Helper()
	c := &campaign{
		forge: f, random: random, clock: now, ready: map[int]bool{},
		provider: &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{
			Type: f.Type, URL: f.URL, Skip: &v1.InputProviderSkip{Labels: []string{"!" + readyLabel}},
		}},
	}
	c.Reconciler = &Reconciler{
		Report: &report.Reporter{}, Credentials: &credential.Reader{},
		Now: func() time.Time { return c.clock },
		NewSource: func(config source.Config) (source.Source, error) {
			config.Credentials = source.Credentials{Username: "flux", Password: forge.Token}
			return source.New(config)
		},
	}
	c.restart()
	if f.Type != v1.InputProviderAzureDevOpsPullRequest { // which gives as many as are asked for
		f.Pages(campaignPage)
	}
	for range campaignOpen {
		c.open()
	}
	return c
}

// restart forgets all that is not in the provider's status.
func (c *campaign) restart() { c.Clients = source.NewClients(c.Now, source.LocalNetworks()) }

func (c *campaign) open() {
	c.last = c.forge.Open(forge.Request{Labels: []string{readyLabel}})
	c.ready[c.last] = true
}

// poll lets people work, perhaps breaks something, and checks what a run comes
// to.
func (c *campaign) poll(t *testing.T) {
	t.Helper()
	c.clock = c.clock.Add(10 * time.Minute)
	c.touched = map[int]bool{}
	c.work()
	if c.random.IntN(100) == 0 {
		c.restart()
	}
	before := c.exported()
	broken := c.random.IntN(3) == 0
	c.provider.Annotations = nil
	if broken {
		c.faults++
		c.forge.Break(c.fault(t))
	}
	outcome := c.run(t.Context(), c.provider)
	c.forge.Mend()
	c.compare(t, before)
	switch {
	case outcome.Kind != report.Ready:
		c.failed++
	case !broken:
		c.clean++
		c.verify(t)
	}
}

// compare tells what has become of what was exported before.
func (c *campaign) compare(t *testing.T, before map[int]bool) {
	t.Helper()
	after := c.exported()
	for number := range before {
		if c.ready[number] && !c.touched[number] && !after[number] {
			c.lost++
			t.Errorf("poll at %s: request %d is open, and its preview is lost", c.clock, number)
		}
		if !after[number] {
			c.ended++
		}
	}
	for number := range after {
		if !before[number] {
			c.started++
		}
	}
}

// verify compares what is exported with the truth, after a clean poll.
func (c *campaign) verify(t *testing.T) {
	t.Helper()
	after := c.exported()
	for number := range after {
		if !c.ready[number] {
			c.left++
			t.Errorf("poll at %s: request %d is not ready, and its preview is left", c.clock, number)
		}
	}
	c.missing += len(c.ready) - len(after)
}

func (c *campaign) exported() map[int]bool {
	out := map[int]bool{}
	for _, in := range c.provider.Status.ExportedInputs {
		number, err := strconv.Atoi(textOf(in, "id"))
		out[number] = err == nil
	}
	return out
}

// work is what people do between two polls.
func (c *campaign) work() {
	number := 1 + c.random.IntN(c.last)
	switch c.random.IntN(12) {
	case 0:
		c.forge.Push(number, fmt.Sprintf("%040x", c.random.Uint64()))
	case 1:
		c.forge.Unlabel(number, readyLabel)
		delete(c.ready, number)
	case 2:
		c.forge.Change(number, func(r *forge.Request) {
			r.Labels = []string{readyLabel}
			c.note(r)
		})
	case 3:
		c.forge.Merge(number)
		delete(c.ready, number)
	case 4:
		if len(c.ready) < campaignOpen {
			c.open()
		}
	case 5:
		if len(c.ready) < campaignOpen {
			c.forge.Change(number, func(r *forge.Request) {
				r.Closed, r.Merged = false, false
				c.note(r)
			})
		}
	}
}

// note keeps the truth about a request.
func (c *campaign) note(r *forge.Request) {
	delete(c.ready, r.Number)
	if !r.Closed && slices.Contains(r.Labels, readyLabel) {
		c.ready[r.Number] = true
	}
}

// fault is something that goes wrong at one of the first few requests of a
// poll, or from there on.
func (c *campaign) fault(t *testing.T) forge.Fault {
	t.Helper()
	after := strconv.Itoa(c.random.IntN(1200))
	faults := []forge.Fault{
		forge.Status(http.StatusInternalServerError), forge.Status(http.StatusBadGateway), forge.Status(http.StatusServiceUnavailable),
		forge.Status(http.StatusTooManyRequests, "Retry-After", after),
		forge.Status(http.StatusForbidden, "Retry-After", after),
		forge.Status(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(c.clock.Add(time.Hour).Unix())),
		forge.Status(http.StatusUnauthorized), forge.Status(http.StatusForbidden), forge.Status(http.StatusNoContent),
		forge.Reset(), forge.Truncated(), forge.Body("application/json", `[{"number": 1, "ti`), forge.Body("application/json", ""),
		forge.SignInPage(http.StatusOK), forge.SignInPage(http.StatusNonAuthoritativeInfo), forge.Redirect("/users/sign_in"),
		c.forge.EmptyList(), c.forge.SamePage(),
		c.forge.Meanwhile(c.shift), c.forge.Meanwhile(c.shift), c.forge.Meanwhile(c.shift),
	}
	fault := forge.Hang()
	if n := c.random.IntN(len(faults) + 1); n < len(faults) {
		fault = faults[n]
	} else { // so that the run does not wait for long
		c.provider.Annotations = map[string]string{v1.ReconcileTimeoutAnnotation: "40ms"}
	}
	first, once, count := c.random.IntN(len(c.ready)/campaignPage+1), c.random.IntN(2) == 0, -1
	return func(w http.ResponseWriter, r *http.Request) bool {
		count++
		if count < first || once && count > first {
			return false
		}
		return fault(w, r)
	}
}

// shift closes and reopens requests while their list is read, so that others
// come to stand on other pages.
func (c *campaign) shift(all []*forge.Request) {
	for range 1 + c.random.IntN(3) {
		request := all[c.random.IntN(len(all))]
		c.touched[request.Number] = true
		request.Closed, request.Merged = !request.Closed, false
		c.note(request)
	}
}
