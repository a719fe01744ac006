package watcher

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/test/forge"
)

// gateRuns is how long the campaign is: `make test` plays a short one, and
// `go test ./internal/watcher -run Evidence -gate-runs 10000` a long one.
var gateRuns = flag.Int("gate-runs", 1400, "runs of the campaign of evidence, of all forges together")

const (
	gateOpen = 12 // requests, about
	gateJob  = "CI / image"
)

// TestNoCommitIsExportedWithoutEvidenceForIt lets people push, force-push and close, and
// CI build, fail, push images, move their tags and purge them, while the operator is
// restarted and forges and registries are down, on each forge in both ways of proving an
// image.
func TestNoCommitIsExportedWithoutEvidenceForIt(t *testing.T) {
	runs := *gateRuns / (2 * len(everyForge))
	if testing.Short() {
		runs /= 20
	}
	beginCampaign(t)
	for n, start := range everyForge {
		for _, revision := range []string{v1.RevisionTag, v1.RevisionLabel} {
			random := rand.New(rand.NewPCG(*seed, uint64(10*n+len(revision)))) //nolint:gosec // not for secrets
			c := newGateCampaign(t, start(t), revision, random)
			t.Run(c.name()+" by "+revision, func(t *testing.T) {
				played := play(t, runs, func() { c.round(t) }, func() bool {
					return c.met >= runs/20 && c.trouble >= runs/10 && c.kept > 0
				})
				c.settle(t)
				t.Logf("%d runs, %d of them in trouble, %d restarts: %d commits exported, %d kept what they had; without evidence %d, lost %d, asked for again %d, held up by others %d, forgotten %d",
					played, c.trouble, c.restarts, c.met, c.kept, c.unproved, c.lost, c.again, c.stopped, c.forgotten)
				if c.unproved+c.lost+c.again+c.stopped+c.forgotten > 0 {
					t.Errorf("repeat with -campaign-seed=%d", *seed)
				}
			})
		}
	}
}

// gateCampaign is a forge, a registry, a provider with a gate, and what is true of them.
type gateCampaign struct {
	*campaign
	registry *forge.Registry
	byLabel  bool
	// heads are the commits of the requests that are open, by number, and past all that
	// each had.
	heads map[int]string
	past  map[int][]string
	// said is what CI says of a commit, and built of which commit the image of a tag is.
	said  map[string]string
	built map[string]string
	// asked are the paths that the forge was asked for in a run, and patience is until
	// when it may want not to be asked.
	asked    []string
	patience time.Time
	// down is for how many more runs the registry is.
	down int

	trouble, restarts, met, kept                int
	unproved, again, stopped, forgotten, pushes int
}

func newGateCampaign(t *testing.T, f *forge.Forge, revision string, random *rand.Rand) *gateCampaign {
	t.Helper()
	c := &gateCampaign{
		campaign: newCampaign(t, f, random), registry: forge.NewPlainRegistry(t), byLabel: revision == v1.RevisionLabel,
		heads: map[int]string{}, past: map[int][]string{}, said: map[string]string{}, built: map[string]string{},
	}
	for number := range c.ready { // those of the other campaign
		f.Close(number)
	}
	image := v1.GateImage{Name: "api", Repository: strings.TrimPrefix(c.registry.URL, "oci://"), Revision: revision, Insecure: true}
	if c.byLabel {
		image.Tag = "pr-<< inputs.id >>"
	}
	c.provider.Spec.Skip = nil
	c.provider.Spec.Gate = &v1.Gate{Images: []v1.GateImage{image}}
	if toldOf(t, f).Told {
		c.provider.Spec.Gate.Checks = []v1.GateCheck{{Name: gateJob}}
	}
	for range gateOpen {
		c.openOne()
	}
	return c
}

func (c *gateCampaign) sha() string {
	return fmt.Sprintf("%016x%016x%08x", c.random.Uint64(), c.random.Uint64(), c.random.Uint32())
}

func (c *gateCampaign) openOne() {
	sha := c.sha()
	number := c.forge.Open(forge.Request{SHA: sha})
	c.last, c.heads[number], c.past[number] = number, sha, []string{sha}
}

// tag is that of the image of a request's commit.
func (c *gateCampaign) tag(number int, sha string) string {
	if c.byLabel {
		return fmt.Sprint("pr-", number)
	}
	return sha
}

// some is one of the open requests; 0 for none.
func (c *gateCampaign) some() int {
	for range 50 {
		if number := 1 + c.random.IntN(c.last); c.heads[number] != "" {
			return number
		}
	}
	return 0
}

// work is what people and CI do between two runs.
func (c *gateCampaign) work(t *testing.T) {
	number := c.some()
	if number == 0 || len(c.heads) < gateOpen/2 {
		c.openOne()
		return
	}
	head := c.heads[number]
	switch c.random.IntN(16) {
	case 0, 1:
		c.push(number, c.sha())
	case 2: // a force-push back to what it was once
		c.push(number, c.past[number][c.random.IntN(len(c.past[number]))])
	case 3:
		c.say(head, "failure")
	case 4:
		c.say(head, "pending")
	case 5, 6, 7, 8:
		c.say(head, "success")
	case 9, 10, 11, 12:
		c.build(t, number, head)
	case 13: // its image is purged, or the build of another commit takes its place
		c.spoil(t, number)
	case 14:
		c.forge.Merge(number)
		delete(c.heads, number)
	default:
		c.openOne()
	}
}

func (c *gateCampaign) push(number int, sha string) {
	c.forge.Push(number, sha)
	c.heads[number], c.past[number] = sha, append(c.past[number], sha)
}

// say lets CI say something of a commit, and of another name what is none of it.
func (c *gateCampaign) say(sha, state string) {
	c.said[sha] = state
	c.forge.Check(forge.Check{SHA: sha, Name: gateJob + "s", App: "acme-ci", State: "success"})
	c.forge.Check(forge.Check{SHA: sha, Name: gateJob, App: "acme-ci", State: state})
}

// build pushes the image of a commit, each time another one.
func (c *gateCampaign) build(t *testing.T, number int, sha string) {
	c.pushes++
	tag := c.tag(number, sha)
	c.built[tag] = sha
	if c.byLabel {
		c.registry.PushImage(t, tag, labelled(t, sha))
	} else {
		c.registry.Push(t, fmt.Sprint(c.pushes), tag)
	}
}

func (c *gateCampaign) spoil(t *testing.T, number int) {
	tag := c.tag(number, c.heads[number])
	switch {
	case c.built[tag] == "":
	case c.byLabel:
		c.build(t, number, c.past[number][0])
	default:
		c.registry.Delete(t, tag)
		delete(c.built, tag)
	}
}

// isMet reports whether there is evidence for a commit now.
func (c *gateCampaign) isMet(number int, sha string) bool {
	return (len(c.provider.Spec.Gate.Checks) == 0 || c.said[sha] == "success") && c.built[c.tag(number, sha)] == sha
}

// round lets people work, perhaps breaks something, and compares what a run comes to.
func (c *gateCampaign) round(t *testing.T) {
	t.Helper()
	c.clock = c.clock.Add(11*time.Second + time.Duration(c.random.IntN(150))*time.Second)
	for range 1 + c.random.IntN(4) {
		c.work(t)
	}
	if c.random.IntN(30) == 0 {
		c.restarts++
		c.restart()
		c.Looks = evidence.Looks{}
	}
	before := c.inputs(t)
	registryAlone := c.breakSome()
	outcome := c.run(t.Context(), c.provider)
	if registryAlone && c.provider.Annotations == nil && outcome.Kind != report.Ready && c.clock.After(c.patience) {
		c.stopped++
		t.Errorf("at %s: the registry is down, and the run is %v: %s", c.clock, outcome.Kind, outcome.Message)
	}
	c.mendAll()
	c.judge(t, before)
	if outcome.Kind == report.Ready {
		c.sweep(t)
	}
}

// breakSome breaks the forge, the registry or neither, and reports whether it is the
// registry alone.
func (c *gateCampaign) breakSome() (registryAlone bool) {
	after := fmt.Sprint(c.random.IntN(300))
	faults := []forge.Fault{
		forge.Status(http.StatusInternalServerError), forge.Status(http.StatusServiceUnavailable), forge.Status(http.StatusForbidden),
		forge.Status(http.StatusUnauthorized), forge.Status(http.StatusTooManyRequests, "Retry-After", after), forge.Reset(),
		forge.SignInPage(http.StatusOK), forge.Body("application/json", "{}"), forge.Truncated(), forge.Hang(),
	}
	n, first := c.random.IntN(len(faults)), c.random.IntN(4)
	fault := faults[n]
	if n == len(faults)-1 { // nobody waits for long
		c.Looks.Patience = 100 * time.Millisecond
		c.provider.Annotations = map[string]string{v1.ReconcileTimeoutAnnotation: "200ms"}
	}
	from := func(w http.ResponseWriter, r *http.Request) bool { first--; return first < 0 && fault(w, r) }
	noted := func(w http.ResponseWriter, r *http.Request) bool {
		c.asked = append(c.asked, r.URL.Path)
		return false
	}
	if c.down--; c.down < 0 && c.random.IntN(12) == 0 {
		c.down = c.random.IntN(6) // an outage
	}
	switch n := c.random.IntN(6); {
	case c.down >= 0 || n == 0:
		c.trouble++
		c.registry.Break(from)
		registryAlone = true
	case n == 1:
		c.trouble++
		c.forge.Break(from)
		c.patience = c.clock.Add(6 * time.Minute)
		return false
	}
	c.forge.Break(noted)
	return registryAlone
}

func (c *gateCampaign) mendAll() {
	c.forge.Mend()
	c.registry.Break(nil)
	c.Looks.Patience, c.provider.Annotations = 0, nil
}

// proven is an input: its commit, and the image that goes with it.
type proven struct{ sha, digest string }

func (c *gateCampaign) inputs(t *testing.T) map[int]proven {
	t.Helper()
	c.asked = nil
	out := map[int]proven{}
	for _, in := range c.provider.Status.ExportedInputs {
		var number int
		var images map[string]map[string]string
		if _, err := fmt.Sscan(in.Text("id"), &number); err != nil || in["images"] == nil || json.Unmarshal(in["images"].Raw, &images) != nil {
			t.Fatalf("an input without its image: %s", exportedJSON(t, c.provider))
		}
		out[number] = proven{in.Text("sha"), images["api"]["digest"]}
	}
	return out
}

// judge compares what is exported with the truth, and with what was exported before.
func (c *gateCampaign) judge(t *testing.T, before map[int]proven) {
	t.Helper()
	asked := c.asked
	after := c.inputs(t)
	for number := range before {
		if _, is := after[number]; !is && c.heads[number] != "" {
			c.lost++
			t.Errorf("at %s: request %d is open, and its preview is lost", c.clock, number)
		}
	}
	for number, is := range after {
		was, known := before[number]
		switch {
		case known && was == is && is.sha == c.heads[number]:
			c.again += count(asked, "/"+is.sha+"/")
		case known && was == is:
			c.kept++
		case !c.isMet(number, is.sha) || is.digest != c.registry.Digest(c.tag(number, is.sha)):
			c.unproved++
			t.Errorf("at %s: request %d is exported at %s with %s, without evidence", c.clock, number, is.sha, is.digest)
		default:
			c.met++
		}
	}
}

// sweep looks for previews of what is closed, after a run that heard of it.
func (c *gateCampaign) sweep(t *testing.T) {
	t.Helper()
	for number := range c.inputs(t) {
		if c.heads[number] == "" {
			c.forgotten++
			t.Errorf("at %s: request %d is closed, and its preview is there", c.clock, number)
		}
	}
}

// count is how many paths have a part.
func count(paths []string, part string) int {
	n := 0
	for _, path := range paths {
		if strings.Contains(path, part) {
			n++
		}
	}
	return n
}

// settle lets all go well for a while: who has evidence is exported then, with it, and at
// rest nobody is asked for anything but the listing.
func (c *gateCampaign) settle(t *testing.T) {
	t.Helper()
	for range 4 {
		c.clock = c.clock.Add(2 * time.Hour)
		if outcome := c.run(t.Context(), c.provider); outcome.Kind != report.Ready {
			t.Fatalf("in the end: %s", outcome.Message)
		}
	}
	after := c.inputs(t)
	for number, sha := range c.heads {
		if c.isMet(number, sha) && after[number].sha != sha {
			c.forgotten++
			t.Errorf("request %d has evidence for %s, and is at %q: %s", number, sha, after[number].sha, heldBy(c.provider))
		}
	}
	for number := range c.heads { // what waits is met or closed
		if after[number].sha != c.heads[number] {
			c.forge.Close(number)
			delete(c.heads, number)
		}
	}
	c.clock = c.clock.Add(time.Hour)
	c.run(t.Context(), c.provider)
	asked := c.registry.Asked("")
	c.provider.Annotations = map[string]string{meta.ReconcileRequestAnnotation: "now"}
	c.run(t.Context(), c.provider)
	if c.again += c.registry.Asked("") - asked; len(c.provider.Status.Held) > 0 {
		t.Errorf("held is %s", heldBy(c.provider))
	}
}
