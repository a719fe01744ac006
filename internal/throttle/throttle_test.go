package throttle_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eddy-previews/eddy/internal/throttle"
)

// much is more than may be spent without a place.
const much = 100_000

// take spends so much that a place is needed.
func take(pass *throttle.Pass) {
	for range 3 {
		pass.Spend(much)
	}
}

func TestWhatIsCheapNeverWaits(t *testing.T) {
	g := throttle.New(1)
	holder := g.Pass(t.Context(), "hostile")
	take(holder)
	for range 100 {
		g.Pass(t.Context(), "harmless").Spend(1000)
	}
}

func TestTheNilThrottleLetsEverybodyPass(t *testing.T) {
	var g *throttle.Throttle
	for range 10 {
		pass := g.Pass(t.Context(), "any")
		take(pass)
		defer pass.End()
	}
}

func TestWhatIsCostlyWaitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := throttle.New(1)
		holder := g.Pass(t.Context(), "a")
		take(holder)
		var passed atomic.Bool
		go func() {
			pass := g.Pass(t.Context(), "b")
			defer pass.End()
			take(pass)
			passed.Store(true)
		}()
		synctest.Wait()
		if passed.Load() {
			t.Error("it has a place that somebody holds")
		}
		holder.End()
		synctest.Wait()
		if !passed.Load() {
			t.Error("it has no place, though one is free")
		}
	})
}

func TestWhoWaitsLeavesWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := throttle.New(1)
		holder := g.Pass(t.Context(), "a")
		take(holder)
		ctx, cancel := context.WithCancel(t.Context())
		var left atomic.Int32
		for _, namespace := range []string{"a", "b", "b"} {
			go func() {
				pass := g.Pass(ctx, namespace)
				defer pass.End()
				take(pass)
				left.Add(1)
			}()
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		if left.Load() != 3 {
			t.Errorf("%d of 3 have left", left.Load())
		}
		holder.End()
		take(g.Pass(t.Context(), "c")) // nobody has taken the place along
	})
}

func TestNamespacesTakeTurnsHoweverManyWaitInOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := throttle.New(1)
		holder := g.Pass(t.Context(), "a")
		take(holder)
		var hostile, harmless atomic.Int32
		work := func(namespace string, turns *atomic.Int32, until int32) {
			pass := g.Pass(t.Context(), namespace)
			defer pass.End()
			for pass.Spend(much); turns.Load() < until; turns.Add(1) {
				pass.Spend(much)
				time.Sleep(time.Millisecond) // long enough for all others to stand in line
			}
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { work("a", &hostile, 1000) })
		}
		synctest.Wait()
		var beside int32
		all.Go(func() {
			work("b", &harmless, 20)
			beside = hostile.Load()
		})
		synctest.Wait()
		holder.End()
		all.Wait()
		if beside > 100 { // in one line for all it would be 200
			t.Errorf("%d turns of one namespace go by while another has 20", beside)
		}
	})
}
