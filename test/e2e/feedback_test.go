package e2e_test

import (
	"context"
	"testing"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// Once told to, Eddy tells each pull request what becomes of its preview: the same one
// comment each time, and the status of the commit.
func TestThePullRequestSaysIt(t *testing.T) {
	must(t, world.TellRequests(t.Context()))
	t.Cleanup(func() {
		if err := world.TellNothing(context.Background()); err != nil {
			t.Error(err)
		}
	})
	told := &told{PullRequest: open(t, "Show the basket, @everyone")}
	t.Run("that it waits for the label", func(t *testing.T) {
		poll(t)
		told.says(t, "## Preview: waiting for label", "pending")
	})
	first := told.remark(t)
	deployed(t, told)
	t.Run("the commit that was pushed", func(t *testing.T) {
		must(t, world.BuildImage(t.Context(), told.PullRequest, "again"))
		told.push(t, "Another commit")
		expect(t, world.Says(told.PullRequest, "`"+told.SHA[:7]+"`"))
		told.says(t, "## Preview: ready", "success")
	})
	equal(t, told.remark(t).ID, first.ID)
	t.Run("as a browser shows it", func(t *testing.T) { screenshot(t, told.PullRequest) })
	t.Run("anew after somebody has deleted it", func(t *testing.T) {
		must(t, world.Forge.Unremark(t.Context(), told.remark(t)))
		told.push(t, "And another")
		told.says(t, "## Preview: ready", "success")
	})
	second := told.remark(t)
	notified(t, told)
	t.Run("in the same comment for another service of the repository", func(t *testing.T) {
		forget, err := world.WatchAgain(t.Context(), "docs")
		must(t, err)
		expect(t, world.Says(told.PullRequest, "## Previews: 2 of 2 ready"))
		must(t, forget(t.Context()))
		expect(t, world.Says(told.PullRequest, "## Preview: ready"))
	})
	t.Run("that it is removed", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), told.PullRequest))
		poll(t)
		expect(t, world.Says(told.PullRequest, "## Preview: removed"))
	})
	t.Run("and that it is back", func(t *testing.T) {
		must(t, world.Forge.Reopen(t.Context(), told.PullRequest))
		poll(t)
		told.says(t, "## Preview: ready", "success")
	})
	equal(t, told.remark(t).ID, second.ID)
}

// deployed plays how a preview becomes ready: where there is a node, once CI has built
// the image that was missing.
func deployed(t *testing.T, told *told) {
	t.Helper()
	answers := "[" + told.Host() + "](" + told.PublicURL() + ")"
	if world.System.Node == nil {
		must(t, world.CI(t.Context(), told.PullRequest))
		poll(t)
		told.says(t, answers, "success")
		return
	}
	t.Run("that an image is missing", func(t *testing.T) {
		must(t, world.Forge.AddLabel(t.Context(), told.PullRequest))
		poll(t)
		told.says(t, "## Preview: failed", "failure")
	})
	t.Run("that it runs once the image is there", func(t *testing.T) {
		must(t, world.BuildImage(t.Context(), told.PullRequest, actors.Page(told.PullRequest)))
		told.push(t, "With an image")
		told.says(t, answers, "success")
	})
}

// told is a pull request that is told what becomes of its preview.
type told struct{ actors.PullRequest }

func (p *told) push(t *testing.T, message string) {
	t.Helper()
	p.PullRequest = push(t, p.PullRequest, message)
	poll(t)
}

func (p *told) says(t *testing.T, text, state string) {
	t.Helper()
	expect(t, world.Says(p.PullRequest, text))
	expect(t, world.Marked(p.PullRequest, state))
}

// remark is the one comment on it.
func (p *told) remark(t *testing.T) actors.Remark {
	t.Helper()
	remarks, err := world.Forge.Remarks(t.Context(), p.PullRequest)
	must(t, err)
	if len(remarks) != 1 {
		t.Fatalf("there are %d comments: %+v", len(remarks), remarks)
	}
	return remarks[0]
}

// notified plays how a preview that was ready fails, twice: each time people are notified
// by a comment, of which one stays.
func notified(t *testing.T, told *told) {
	t.Helper()
	if world.System.Node == nil {
		return
	}
	must(t, world.NotifyOfFailures(t.Context()))
	expect(t, world.WatchedForFailures(told.PullRequest))
	last := int64(0)
	for _, name := range []string{"by a comment of its own that it fails after it was ready", "and by another in its place when it does so again"} {
		t.Run(name, func(t *testing.T) {
			image, err := world.Replace(t.Context(), told.PullRequest, told.Image()+"-none")
			must(t, err)
			told.says(t, "## Preview: failed", "failure")
			expect(t, world.Notified(told.PullRequest, last))
			_, err = world.Replace(t.Context(), told.PullRequest, image)
			must(t, err)
			notices, err := world.Forge.Notices(t.Context(), told.PullRequest)
			must(t, err)
			last = notices[0].ID
			told.says(t, "## Preview: ready", "success")
			expect(t, world.Notified(told.PullRequest, last-1))
		})
	}
}
