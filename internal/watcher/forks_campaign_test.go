package watcher

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/approval"
	real "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

// TestNoCommitIsExportedThatNobodyApprovedOf lets strangers and those who may approve
// work on the requests of each forge, with pushes, requests that go elsewhere, comments
// that are edited, approvals that are taken back and restarts, and something going wrong
// in every third poll.
func TestNoCommitIsExportedThatNobodyApprovedOf(t *testing.T) {
	polls := campaignPolls
	if testing.Short() {
		polls /= 20
	}
	beginCampaign(t)
	for n, start := range everyForge {
		c := newVetting(t, start(t), rand.New(rand.NewPCG(*seed, uint64(100+n)))) //nolint:gosec // not for secrets
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			played := play(t, polls, func() { c.poll(t) }, func() bool {
				return c.clean >= polls/3 && c.failed >= polls/20 && c.started >= polls/50
			})
			t.Logf("%d polls: %d with a fault, %d failed, %d clean; %d commits approved of, %d exported, %d taken back; unapproved %d, unrecorded %d, lost %d, missing %d",
				played, c.faults, c.failed, c.clean, c.approvals, c.started, c.revocations, c.unapproved, c.unrecorded, c.lost, c.missing)
			if c.unapproved+c.unrecorded+c.lost+c.missing > 0 {
				t.Errorf("repeat with -campaign-seed=%d", *seed)
			}
		})
	}
}

// vetted is how many requests there are, about.
const vetted = 12

// vetting is a campaign in which commits have to be approved of.
type vetting struct {
	*campaign
	// allowed are the commits of each request that somebody who may has meant, since it
	// was taken back last; due is the one that must be exported by now.
	allowed map[int]map[string]bool
	due     map[int]string
	// moved are those that go elsewhere since the last poll in which all went well.
	moved map[int]bool

	approvals, revocations, unapproved, unrecorded int
}

func newVetting(t *testing.T, f *forge.Forge, random *rand.Rand) *vetting {
	t.Helper()
	c := &vetting{campaign: newCampaign(t, f, random), allowed: map[int]map[string]bool{}, due: map[int]string{}, moved: map[int]bool{}}
	f.Pages(100) // as they are asked for: one that is full tells by its ETag of no other
	f.Clock(c.Now)
	f.Permit("grace", "write")
	f.Permit("reader", "read")
	spec := &v1.Forks{Policy: v1.ForksApprove}
	if f.AWS != nil {
		spec.AppliesTo = v1.AppliesToEverybody
	}
	watched, err := c.NewSource(source.Config{Type: f.Type, URL: f.URL})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := watched.Repository()
	if err != nil {
		t.Fatal(err)
	}
	if _, tells := opened.(real.Permissions); !tells {
		spec.Approvers = []string{"grace@example.com", forge.AccountID("grace"), "arn:aws:iam::111122223333:user/grace"}
	}
	c.provider.Spec.Skip, c.provider.Spec.Forks = nil, spec
	for number := 1; number <= c.last; number++ {
		f.Close(number) // those of the other campaign
	}
	c.ready = map[int]bool{}
	for range vetted {
		c.arrive()
	}
	return c
}

// arrive opens a request from a fork.
func (c *vetting) arrive() {
	c.last = c.forge.Open(forge.Request{Fork: c.forge.AWS == nil, SHA: c.commit()})
	c.ready[c.last], c.allowed[c.last] = true, map[string]bool{}
}

func (c *vetting) commit() string {
	return fmt.Sprintf("%016x%016x%08x", c.random.Uint64(), c.random.Uint64(), c.random.Uint32())
}

// head is the commit that a request is at.
func (c *vetting) head(number int) (sha string) {
	c.forge.Change(number, func(r *forge.Request) { sha = r.SHA })
	return sha
}

// poll lets people work, perhaps breaks something, and checks what a run exports.
func (c *vetting) poll(t *testing.T) {
	t.Helper()
	c.clock = c.clock.Add(10 * time.Minute)
	c.work()
	if c.random.IntN(20) == 0 {
		c.restart()
		c.Approvals = approval.Looks{}
	}
	before := c.commits()
	c.provider.Annotations = nil
	broken := c.random.IntN(3) == 0
	if broken {
		c.faults++
		c.forge.Break(c.trouble())
	}
	outcome := c.run(t.Context(), c.provider)
	c.forge.Mend()
	c.judge(t, before)
	switch {
	case outcome.Kind != report.Ready:
		c.failed++
	case !broken:
		c.clean++
		c.expect(t)
	}
}

// trouble is something that goes wrong, at the listing or at what is read after it.
func (c *vetting) trouble() forge.Fault {
	faults := slices.Concat(c.refusals(), c.wrongAnswers(), c.wrongHTTP(), []forge.Fault{
		c.forge.Meanwhile(c.hurry), c.forge.Meanwhile(c.hurry), c.forge.Meanwhile(c.hurry),
	})
	fault, after := faults[c.random.IntN(len(faults))], c.random.IntN(3)
	return func(w http.ResponseWriter, r *http.Request) bool {
		if after--; after >= 0 {
			return false
		}
		return fault(w, r)
	}
}

// hurry pushes while a run is under way.
func (c *vetting) hurry(all []*forge.Request) {
	request := all[c.random.IntN(len(all))]
	if c.ready[request.Number] {
		request.SHA = c.commit()
		delete(c.due, request.Number)
	}
}

// work is what people do between two polls.
func (c *vetting) work() {
	open := []int{}
	for number := range c.ready {
		open = append(open, number)
	}
	slices.Sort(open)
	if len(open) < vetted {
		c.arrive()
		return
	}
	for range 1 + c.random.IntN(3) {
		c.clock = c.clock.Add(time.Second)
		c.act(open[c.random.IntN(len(open))])
	}
}

// act is one thing that somebody does about a request.
func (c *vetting) act(number int) {
	head := c.head(number)
	if !c.ready[number] {
		return
	}
	switch c.random.IntN(14) {
	case 0, 1, 2:
		c.forge.Push(number, c.commit())
		delete(c.due, number)
	case 3, 4, 5:
		c.forge.Say(number, "grace", "/preview "+head)
		c.means(number, head)
		if !c.moved[number] { // that it was is noticed later, and ends what was said until then
			c.due[number] = head
		}
	case 6:
		c.forge.Review(number, "grace", forge.Approves)
		c.means(number, head)
	case 7:
		c.forge.Say(number, "grace", "/preview")
		c.means(number, head)
	case 8:
		c.forge.Say(number, []string{"reader", "ada", "stranger"}[c.random.IntN(3)], "/preview "+head)
	case 9:
		c.forge.Edit(c.forge.Say(number, "grace", "Looks odd."), "/preview "+head)
	case 10:
		c.forge.Say(number, "grace", "> /preview "+head+"\n\nWhy that?")
	case 11:
		c.revocations++
		if said := c.forge.Say(number, "grace", "/preview revoke"); c.random.IntN(2) == 0 {
			c.forge.React(said, "eyes") // as strangers do who want it not to be heard
		}
		c.allowed[number] = map[string]bool{}
		delete(c.due, number)
	case 12:
		c.forge.Change(number, func(r *forge.Request) { r.Target = fmt.Sprint("release-", c.random.IntN(1000)) })
		c.moved[number] = true
		delete(c.due, number)
	case 13:
		c.forge.Close(number)
		delete(c.ready, number)
		delete(c.due, number)
	}
}

// means notes that grace meant a commit.
func (c *vetting) means(number int, sha string) {
	c.allowed[number][sha] = true
	c.approvals++
}

// commits are those that are exported.
func (c *vetting) commits() map[int]string {
	out := map[int]string{}
	for _, in := range c.provider.Status.ExportedInputs {
		number := 0
		if _, err := fmt.Sscan(in.Text("id"), &number); err == nil {
			out[number] = in.Text("sha")
		}
	}
	return out
}

// judge compares what is exported with what it was, and with what was approved of.
func (c *vetting) judge(t *testing.T, before map[int]string) {
	t.Helper()
	after := c.commits()
	for number, sha := range after {
		if before[number] == sha {
			continue
		}
		c.started++
		if !c.allowed[number][sha] {
			c.unapproved++
			t.Errorf("poll at %s: request %d is exported at %s, of which nobody approved", c.clock, number, sha)
		}
		if !slices.ContainsFunc(c.provider.Status.Approvals, func(one v1.Approval) bool {
			return one.ID == fmt.Sprint(number) && one.SHA == sha && one.Revoked == nil
		}) {
			c.unrecorded++
			t.Errorf("poll at %s: request %d is exported at %s, and there is no record of it", c.clock, number, sha)
		}
	}
	for number := range before {
		if c.ready[number] && after[number] == "" {
			c.lost++
			t.Errorf("poll at %s: request %d is open, and its preview is lost", c.clock, number)
		}
	}
}

// story is what was said of a request, and what is known of it.
func (c *vetting) story(number int) string {
	out := ""
	for _, one := range c.forge.Comments(number) {
		out += fmt.Sprintf("\n%s %s: %s", one.At.Format(time.RFC3339), one.Author, one.Text)
	}
	for _, one := range c.provider.Status.Approvals {
		if one.ID == fmt.Sprint(number) {
			out += fmt.Sprintf("\n%+v", one)
		}
	}
	for _, line := range c.provider.Status.Held {
		if line.ID == fmt.Sprint(number) {
			out += "\n" + line.Message
		}
	}
	return out
}

// expect wants what was approved of to run, after a poll in which all went well.
func (c *vetting) expect(t *testing.T) {
	t.Helper()
	after := c.commits()
	clear(c.moved)
	for number, sha := range c.due {
		if after[number] != sha {
			c.missing++
			delete(c.due, number)
			t.Errorf("poll at %s: request %d is at %q, and %s was approved of; %s", c.clock, number, after[number], sha, c.story(number))
		}
	}
}
