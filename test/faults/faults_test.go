package faults_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/eddy-previews/eddy/test/rig"
)

var (
	kills = flag.Int("kills", 50, "how often the operator is killed")
	seed  = flag.Uint64("seed", 0, "seed of all that is random; a new one when 0")
)

// bench is a rig and the operator that is tested.
type bench struct {
	*rig.Rig
	command []string
	random  *rand.Rand
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ctrl.SetLogger(logr.Discard()) // that of the API server's starter
	if testing.Short() {
		t.Skip("needs an API server: run without -short")
	}
	dir := t.TempDir()
	started, err := rig.New(os.Getenv("KUBEBUILDER_ASSETS"), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Close(); err != nil {
			t.Error(err)
		}
	})
	binary := filepath.Join(dir, "eddy")
	if err := rig.Build(t.Context(), binary); err != nil {
		t.Fatal(err)
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("repeat with -seed %d", *seed)
	return &bench{
		Rig: started, command: append([]string{binary, "operator"}, rig.Flags...),
		random: rand.New(rand.NewPCG(*seed, 0)), //nolint:gosec // it is to be repeatable, not secret
	}
}

// operator starts the operator; it is killed when the test ends.
func (b *bench) operator(t *testing.T) *rig.Operator {
	t.Helper()
	operator, err := b.Start(t.Context(), b.command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		operator.Kill()
		if t.Failed() {
			log := operator.Log()
			t.Logf("the operator's log ends with\n%s", log[max(0, len(log)-4000):])
		}
	})
	return operator
}

// upTo returns a random time.
func (b *bench) upTo(d time.Duration) time.Duration { return time.Duration(b.random.Int64N(int64(d))) }

func TestAnOperatorThatIsKilledAtAnyMomentLosesNothing(t *testing.T) {
	b := newBench(t)
	campaign := newCampaign(t, b, 200)
	for range *kills {
		operator := b.operator(t)
		// It takes about a second to start; then it is applying or pruning.
		time.Sleep(500*time.Millisecond + b.upTo(time.Second))
		campaign.change()
		time.Sleep(b.upTo(time.Second))
		if !operator.Alive() {
			t.Fatalf("the operator ended by itself:\n%s", operator.Log())
		}
		operator.Kill()
	}
	b.operator(t)
	campaign.mustEndWell()
}

func TestAnAPIServerThatIsInTroubleLosesNothing(t *testing.T) {
	cases := []struct {
		name  string
		fault func(b *bench) func(http.ResponseWriter, *http.Request) bool
	}{
		{"409", answering(http.StatusConflict, "Conflict")},
		{"429", answering(http.StatusTooManyRequests, "TooManyRequests")},
		{"500", answering(http.StatusInternalServerError, "InternalError")},
		{"answers that do not come", func(b *bench) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, req *http.Request) bool {
				if b.random.IntN(4) > 0 {
					return false
				}
				panic(http.ErrAbortHandler) // the connection is cut
			}
		}},
		{"slow answers", func(*bench) func(http.ResponseWriter, *http.Request) bool {
			return func(http.ResponseWriter, *http.Request) bool {
				time.Sleep(30 * time.Millisecond)
				return false
			}
		}},
	}
	b := newBench(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			campaign := newCampaign(t, b, 50)
			operator := b.operator(t)
			campaign.mustEndWell()
			b.Proxy.Break(c.fault(b))
			for range 5 {
				time.Sleep(time.Second)
				campaign.change()
			}
			time.Sleep(2 * time.Second)
			b.Proxy.Break(nil)
			campaign.mustEndWell()
			if !operator.Alive() {
				t.Error("the operator has ended")
			}
			operator.Kill()
		})
	}
}

// answering lets one of four requests fail with a status, as the API server
// says it.
func answering(code int, reason string) func(b *bench) func(http.ResponseWriter, *http.Request) bool {
	return func(*bench) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			if rand.IntN(4) > 0 { //nolint:gosec // it is not secret
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			if code == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "1")
			}
			w.WriteHeader(code)
			_, _ = fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": %q, "code": %d, "message": "made to fail"}`, reason, code)
			return true
		}
	}
}

func TestAnAPIServerThatIsRestartedLosesNothing(t *testing.T) {
	b := newBench(t)
	campaign := newCampaign(t, b, 100)
	b.operator(t)
	campaign.mustEndWell()
	for range 3 {
		campaign.change()
		time.Sleep(b.upTo(time.Second))
		if err := b.RestartAPIServer(b.upTo(2 * time.Second)); err != nil {
			t.Fatal(err)
		}
		b.answers(t)
	}
	campaign.mustEndWell()
}

// answers waits until the API server does.
func (b *bench) answers(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := b.Ready(context.Background())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the API server does not come back: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestAnEtcdThatRefusesWritesLosesNothing(t *testing.T) {
	b := newBench(t)
	campaign := newCampaign(t, b, 100)
	b.operator(t)
	campaign.mustEndWell()
	for range 3 {
		campaign.change()
		time.Sleep(b.upTo(200 * time.Millisecond))
		allow, err := b.RefuseWrites(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second + b.upTo(time.Second))
		err = campaign.export()
		if err == nil {
			t.Error("etcd accepts writes")
		}
		if err := allow(); err != nil {
			t.Fatal(err)
		}
	}
	campaign.mustEndWell()
}
