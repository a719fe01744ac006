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
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// seed of the campaign, so that a run that fails can be repeated.
var seed = flag.Uint64("campaign-seed", uint64(os.Getpid())<<16^uint64(time.Now().UnixNano()), "seed of the fault campaign")

const (
	campaignPolls = 1430 // of each of the seven forges
	campaignOpen  = 50   // requests, about
	campaignPage  = 20   // items, so that a listing has several pages
	campaignMore  = 1000 // rounds more, at most, until enough has happened
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
	beginCampaign(t)
	for n, start := range everyForge {
		c := newCampaign(t, start(t), rand.New(rand.NewPCG(*seed, uint64(n)))) //nolint:gosec // not for secrets
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			played := play(t, polls, func() { c.poll(t) }, func() bool {
				return c.clean >= polls/3 && c.failed >= polls/20 && c.ended >= polls/50
			})
			t.Logf("%d polls: %d with a fault, %d failed, %d clean; %d previews started, %d ended; lost %d, left over %d",
				played, c.faults, c.failed, c.clean, c.started, c.ended, c.lost, c.left)
			if c.lost+c.left+c.missing > 0 {
				t.Errorf("lost %d, left over %d, missing %d: repeat with -campaign-seed=%d", c.lost, c.left, c.missing, *seed)
			}
		})
	}
}

// beginCampaign says how it is repeated, and lets the operator be somebody at AWS.
func beginCampaign(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": forge.AccessKey, "AWS_SECRET_ACCESS_KEY": forge.Token, "AWS_SESSION_TOKEN": forge.Session, "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	t.Logf("repeat with -campaign-seed=%d", *seed)
}

// play plays so many rounds, and more of them until enough went wrong and enough happened
// to prove anything: how soon that is, is chance. It returns how many it played.
func play(t *testing.T, rounds int, round func(), enough func() bool) (played int) {
	t.Helper()
	for played < rounds || !enough() && played < rounds+campaignMore {
		round()
		played++
	}
	if !enough() {
		t.Errorf("too little went wrong, or too little happened, in %d rounds to prove anything", played)
	}
	return played
}

// campaign is one forge, one provider, and what has become of them.
type campaign struct {
	*Reconciler
	forge *forge.Forge
	// open is how many requests there are, about, page how many stand on a page,
	// and labelled says that they have labels.
	open, page int
	labelled   bool
	provider   *v1.ResourceSetInputProvider
	random     *rand.Rand
	clock      time.Time
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
	kind, err := source.TypeOf(f.Type)
	if err != nil {
		t.Fatal(err)
	}
	c := &campaign{
		forge: f, random: random, clock: now, ready: map[int]bool{}, open: campaignOpen, labelled: kind.Tells.Labels,
		provider: &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL}},
	}
	if c.labelled {
		c.provider.Spec.Skip = &v1.InputProviderSkip{Labels: []string{"!" + readyLabel}}
	}
	c.Reconciler = &Reconciler{
		Report: &report.Reporter{}, Credentials: &credential.Reader{},
		Now: func() time.Time { return c.clock },
		NewSource: func(config source.Config) (source.Source, error) {
			config.Credentials = transport.Credentials{Username: "flux", Password: forge.Token}
			config.Proxy, config.TLS = f.Proxy, f.TLS
			if f.AWS != nil {
				config.Credentials = transport.Credentials{}
			}
			return source.New(config)
		},
	}
	c.restart()
	c.paged()
	for range c.open {
		c.opened()
	}
	return c
}

// paged makes a listing one of several pages, where the server has a say in it.
func (c *campaign) paged() {
	c.page = campaignPage
	switch {
	case c.forge.Type == v1.InputProviderAzureDevOpsPullRequest: // gives as many as are asked for
		c.page = 2 * campaignOpen
		return
	case c.forge.Type == v1.InputProviderBitbucketPullRequest && c.forge.Proxy == nil: // has its own say
		c.page = 40
		return
	case c.forge.AWS != nil: // is asked once for each request
		c.open, c.page = campaignOpen/5, campaignPage/5
	case c.forge.Type == v1.InputProviderGitHubPullRequest: // says much of each
		c.open, c.page = campaignOpen/2, campaignPage/2
	}
	c.forge.Pages(c.page)
}

// name is that of the forge.
func (c *campaign) name() string {
	switch {
	case c.forge.Type != v1.InputProviderBitbucketPullRequest:
		return c.forge.Type
	case c.forge.Proxy != nil:
		return "Bitbucket Cloud"
	default:
		return "Bitbucket Data Center"
	}
}

// restart forgets all that is not in the provider's status.
func (c *campaign) restart() { c.Shared = source.NewShared(c.Now, transport.LocalNetworks()) }

func (c *campaign) opened() {
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
		c.forge.Break(c.fault())
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
		number, err := strconv.Atoi(in.Text("id"))
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
		c.forge.Change(number, c.note)
	case 2:
		c.forge.Change(number, func(r *forge.Request) {
			r.Labels = []string{readyLabel}
			c.note(r)
		})
	case 3:
		c.forge.Change(number, func(r *forge.Request) {
			r.Closed, r.Merged = true, true
			c.note(r)
		})
		c.forge.DeleteBranch(fmt.Sprint("feature/", number)) // as people have it done
	case 4:
		if len(c.ready) < c.open {
			c.opened()
		}
	case 5:
		if len(c.ready) < c.open {
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
	if !r.Closed && (!c.labelled || slices.Contains(r.Labels, readyLabel)) {
		c.ready[r.Number] = true
	}
}

// fault is something that goes wrong at one of the first few requests of a
// poll, or from there on.
func (c *campaign) fault() forge.Fault {
	faults := slices.Concat(c.refusals(), c.wrongAnswers(), c.wrongHTTP(), []forge.Fault{
		c.forge.Meanwhile(c.shift), c.forge.Meanwhile(c.shift), c.forge.Meanwhile(c.shift), c.forge.Meanwhile(c.shift), c.forge.Meanwhile(c.shift),
	})
	silent := []forge.Fault{forge.Hang(), forge.Drip()}
	n := c.random.IntN(len(faults) + len(silent))
	if n >= len(faults) { // the run does not wait for long
		c.provider.Annotations = map[string]string{v1.ReconcileTimeoutAnnotation: "40ms"}
	}
	fault := append(faults, silent...)[n]
	first, once, count := c.random.IntN(len(c.ready)/c.page+1), c.random.IntN(2) == 0, -1
	return func(w http.ResponseWriter, r *http.Request) bool {
		count++
		if count < first || once && count > first {
			return false
		}
		return fault(w, r)
	}
}

// refusals are answers that say themselves that they are none.
func (c *campaign) refusals() []forge.Fault {
	after := strconv.Itoa(c.random.IntN(1200))
	return []forge.Fault{
		forge.Status(http.StatusInternalServerError), forge.Status(http.StatusBadGateway), forge.Status(http.StatusServiceUnavailable),
		forge.Status(http.StatusTooManyRequests, "Retry-After", after),
		forge.Status(http.StatusForbidden, "Retry-After", after),
		forge.Status(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(c.clock.Add(time.Hour).Unix())),
		forge.Status(http.StatusUnauthorized), forge.Status(http.StatusForbidden), forge.Status(http.StatusNoContent),
		forge.SignInPage(http.StatusOK), forge.SignInPage(http.StatusNonAuthoritativeInfo), forge.Redirect("/users/sign_in"),
		forge.Redirect("https://elsewhere.example.com/"), forge.Redirect("http://127.0.0.1:1/"), forge.Redirect("//" + c.clock.Format("15-04") + ".example.com/"),
		forge.Unsafe(), forge.Round(), forge.Stale(), c.forge.Partial(),
	}
}

// wrongAnswers are what a forge or somebody on the way makes of a good answer.
func (c *campaign) wrongAnswers() []forge.Fault {
	within := c.random.IntN(40_000)
	retyped := func(kind string) forge.Fault {
		return c.forge.Rewritten(func(header http.Header, body []byte) (int, []byte) {
			header.Set("Content-Type", kind)
			return http.StatusOK, body
		})
	}
	return []forge.Fault{
		forge.Truncated(), forge.Body("application/json", `[{"number": 1, "ti`), forge.Body("application/json", ""),
		forge.Body("application/json", "<html><title>Sign in</title></html>"),
		c.forge.CutShort(within), c.forge.CutShort(within % 400), c.forge.CutOff(within), c.forge.CutOff(within % 400),
		retyped("text/html"), retyped("application/octet-stream"), retyped(""),
		c.forge.Rewritten(func(_ http.Header, body []byte) (int, []byte) {
			return http.StatusOK, append([]byte("\ufeff"), body...)
		}),
		c.forge.Rewritten(func(_ http.Header, body []byte) (int, []byte) { return http.StatusOK, append(body, body...) }),
		c.forge.EmptyList(), c.forge.SamePage(),
	}
}

// wrongHTTP is what proxies and networks do.
func (c *campaign) wrongHTTP() []forge.Fault {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	return []forge.Fault{
		forge.Reset(), forge.Hint(), c.forge.Compressed("garbage"), c.forge.Compressed(""),
		forge.Raw(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n"),
		forge.Raw(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"),
		forge.Raw(ok + "Connection: close\r\nContent-Length: 1\r\n\r\n[]"),
		forge.Raw(ok + "Content-Length: 3\r\nContent-Length: 2\r\n\r\n[]"),
		forge.Raw("HTTP/1.1 200 O"), forge.Raw("SSH-2.0-OpenSSH_9.6\r\n"),
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
