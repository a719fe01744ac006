package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

const (
	teams = 6
	pulls = 10 // of each team
)

// Whatever people do while the forge is polled: what is open and ready is never
// dropped, and in the end the inputs are what the forge has.
func TestSixtyPullRequestsChangeWhileTheyArePolled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	crowd, err := world.Gather(t.Context(), "crowd")
	must(t, err)
	group, ctx := errgroup.WithContext(t.Context())
	for n := range teams {
		group.Go(func() error {
			return work(ctx, crowd, rand.New(rand.NewPCG(seed, uint64(n)))) //nolint:gosec // not for secrets
		})
	}
	must(t, group.Wait())
	inputs, err := crowd.Poll(t.Context())
	must(t, err)
	truth, err := crowd.Truth(t.Context())
	must(t, err)
	drops, wrong, err := crowd.Leave(t.Context())
	must(t, err)

	t.Run("the inputs are what the forge has", func(t *testing.T) {
		if !maps.Equal(inputs, truth) || len(truth) < teams*pulls/2 {
			t.Errorf("the inputs are\n%v\nand the forge has\n%v", inputs, truth)
		}
	})
	t.Run("nothing was dropped that was open and ready", func(t *testing.T) {
		for _, err := range wrong {
			t.Error(err)
		}
		t.Logf("%d pull requests were dropped while they were closed or not ready", drops)
		if drops == 0 {
			t.Error("nobody was seen to go: the polls were too few to tell anything")
		}
	})
}

// work is what one team does: every second pull request is only pushed to and
// retitled, the others come and go.
func work(ctx context.Context, crowd *actors.Crowd, random *rand.Rand) error {
	var open []actors.PullRequest
	for n := range pulls {
		pr, err := crowd.Forge.Open(ctx, fmt.Sprint("Change ", n))
		if err != nil {
			return err
		}
		if err := crowd.Forge.AddLabel(ctx, pr); err != nil {
			return err
		}
		open = append(open, pr)
	}
	for n, pr := range open {
		var err error
		switch {
		case n%2 == 1:
			err = comeAndGo(ctx, crowd, pr, random)
		case random.IntN(2) == 0:
			_, err = crowd.Forge.Push(ctx, pr, fmt.Sprint("Push ", random.Uint32()))
		default:
			err = crowd.Forge.Retitle(ctx, pr, fmt.Sprint("Title ", random.Uint32()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// comeAndGo closes a pull request or takes its label, and mostly sets that
// right again after a while.
func comeAndGo(ctx context.Context, crowd *actors.Crowd, pr actors.PullRequest, random *rand.Rand) error {
	crowd.Leaving(pr)
	away, back := crowd.Forge.Close, crowd.Forge.Reopen
	if random.IntN(2) == 0 {
		away, back = crowd.Forge.RemoveLabel, crowd.Forge.AddLabel
	}
	if err := away(ctx, pr); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(random.IntN(2000)) * time.Millisecond):
	}
	if random.IntN(3) == 0 {
		return nil
	}
	return back(ctx, pr)
}
