package source_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestWhileAForgeWantsToBeLeftAloneNobodyAsksIt(t *testing.T) {
	reset := time.Now().Add(time.Hour)
	cases := map[string]forge.Fault{
		"429 with Retry-After":          forge.Status(http.StatusTooManyRequests, "Retry-After", "3600"),
		"a secondary limit":             forge.Status(http.StatusForbidden, "Retry-After", "3600"),
		"no calls left":                 forge.Status(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", unix(reset)),
		"a limit that is reset in 3600": forge.Status(http.StatusTooManyRequests, "RateLimit-Reset", "3600"),
		"429 and not a word more":       forge.Status(http.StatusTooManyRequests),
	}
	for name, fault := range cases {
		t.Run(name, func(t *testing.T) {
			onEvery(t, func(t *testing.T, f *forge.Forge, _ source.Source) {
				now := time.Now()
				clients := source.NewShared(func() time.Time { return now }, transport.LocalNetworks())
				config := sharing(f, clients, forge.Token)
				f.Break(fault)
				_, first := openWith(t, config).List(context.Background(), source.Query{})
				f.Mend()
				asked := f.Asked()
				_, second := openWith(t, config).List(context.Background(), source.Query{})
				if first == nil || second == nil || first.Error() != second.Error() || f.Asked() != asked {
					t.Errorf("asked %d times more\nat first: %v\nthen: %v", f.Asked()-asked, first, second)
				}
				other := sharing(f, clients, "another")
				if _, err := openWith(t, other).List(context.Background(), source.Query{}); !errors.Is(err, transport.ErrUnauthorized) {
					t.Errorf("with other credentials: %v", err)
				}
				now = now.Add(time.Hour + time.Second)
				list(t, openWith(t, config))
			})
		})
	}
}

func TestTheLastCallOfABudgetIsTheLast(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	now := time.Now()
	f.Budget(1, now.Add(time.Minute))
	config := sharing(f, source.NewShared(func() time.Time { return now }, transport.LocalNetworks()), forge.Token)
	list(t, openWith(t, config))
	_, err := openWith(t, config).List(context.Background(), source.Query{})
	var limited *transport.RateLimited
	if !errors.As(err, &limited) || limited.Until.Unix() != now.Add(time.Minute).Unix() || f.Asked() != 1 {
		t.Errorf("asked %d times: %v", f.Asked(), err)
	}
}

// Azure DevOps answers, and asks for time before the next question.
func TestAPauseIsWaitedOutWhereThereIsTime(t *testing.T) {
	f := forge.NewAzureDevOps(t)
	for range 150 {
		f.Open(forge.Request{})
	}
	f.Break(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "1")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Delay", "0.5")
		w.Header().Set("X-RateLimit-Reset", unix(time.Now().Add(time.Hour)))
		return false
	})
	config := sharing(f, source.NewShared(time.Now, transport.LocalNetworks()), forge.Token)
	t.Run("a listing of two pages takes a pause between them", func(t *testing.T) {
		started := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		items, err := openWith(t, config).List(ctx, source.Query{})
		if err != nil || len(items) != 150 || time.Since(started) < 900*time.Millisecond {
			t.Errorf("listed %d requests in %s: %v", len(items), time.Since(started), err)
		}
	})
	t.Run("and ends at once where the pause is longer than the run may be", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		asked := f.Asked()
		_, err := openWith(t, config).List(ctx, source.Query{})
		var limited *transport.RateLimited
		if !errors.As(err, &limited) || f.Asked() != asked {
			t.Errorf("asked %d times more: %v", f.Asked()-asked, err)
		}
	})
}
