package turns

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
)

func request(namespace string, n int) ctrl.Request {
	return ctrl.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: fmt.Sprint(n)}}
}

// started returns turns whose calls go into a queue.
func started(t *testing.T, shared, reserve int) (*Turns, workqueue.TypedRateLimitingInterface[ctrl.Request]) {
	t.Helper()
	turns := New(shared, reserve)
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	t.Cleanup(queue.ShutDown)
	if err := turns.Start(context.Background(), queue); err != nil {
		t.Fatal(err)
	}
	return turns, queue
}

// takes lets n runs begin, each of a host of its own where # stands in its name,
// and returns how many may.
func takes(t *Turns, namespace, host string, n int) (begun int) {
	for i := range n {
		if t.Take(request(namespace, i), strings.ReplaceAll(host, "#", strconv.Itoa(i))) {
			begun++
		}
	}
	return begun
}

func TestAHostGetsNoMoreWorkersThanAreLeftForOthers(t *testing.T) {
	for shared, want := range map[int][]int{1: {1, 0}, 2: {1, 1, 0}, 4: {2, 1, 1, 0}, 10: {5, 3, 1, 1, 0}} {
		turns, _ := started(t, shared, 0)
		for n, most := range want {
			// Each of many namespaces asks once.
			var got int
			for i := range 100 {
				if turns.Take(request(fmt.Sprint("ns", n, "-", i), 0), fmt.Sprint("host", n)) {
					got++
				}
			}
			if got != most {
				t.Errorf("of %d workers host %d gets %d, want %d", shared, n, got, most)
			}
		}
	}
}

func TestANamespaceGetsMostOfTheWorkersAndNotAll(t *testing.T) {
	for shared, most := range map[int]int{1: 1, 4: 3, 10: 7, 30: 20} {
		turns, _ := started(t, shared, 1)
		if got := takes(turns, "one", "host#", 100); got != most {
			t.Errorf("of %d workers a namespace with many hosts gets %d, want %d", shared, got, most)
		}
		if got := takes(turns, "two", "other#", 1); got != 1 {
			t.Errorf("of %d workers another namespace gets none", shared)
		}
	}
	turns, _ := started(t, 10, 50)
	if got := takes(turns, "one", "", 100); got != 7 {
		t.Errorf("of 10 workers a namespace that asks no host gets %d, want 7", got)
	}
}

// Somebody who has all previews in one namespace is held up by no forge but the
// one that hangs.
func TestInOneNamespaceAHostThatAnswersHasATurnBesideSomeThatHang(t *testing.T) {
	turns, _ := started(t, 10, 50)
	for n := range 9 {
		if got := takes(turns, "one", fmt.Sprint("hangs", n), 100); got == 0 {
			t.Errorf("host %d gets no turn", n)
		}
	}
	if got := takes(turns, "one", "quick", 1); got != 1 {
		t.Error("a host that answers gets no turn")
	}
	if turns.spare < 40 {
		t.Errorf("%d are left of the reserve", turns.spare)
	}
}

func TestManyNamespacesThatHangKeepNobodyOut(t *testing.T) {
	turns, _ := started(t, 4, 50)
	for n := range 12 {
		takes(turns, fmt.Sprint("hangs", n), fmt.Sprint("of", n, "-#"), 30)
	}
	for n := range 10 {
		takes(turns, fmt.Sprint("hangs once", n), fmt.Sprint("one", n), 1)
	}
	if takes(turns, "quick", "quick#", 1) != 1 {
		t.Error("a namespace with nothing at work gets no turn")
	}
}

// A forge that hangs for all of its many users has its share, and leaves the
// reserve to others.
func TestAHostThatHangsForAllNamespacesDoesNotTakeTheReserve(t *testing.T) {
	turns, _ := started(t, 4, 10)
	for n := range 100 {
		takes(turns, fmt.Sprint("user", n), "github.com", 1)
	}
	if turns.hosts["github.com"] > 4 || turns.spare < 8 {
		t.Errorf("%d runs ask the host, and %d are left of the reserve", turns.hosts["github.com"], turns.spare)
	}
}

func TestWhoWaitsIsCalledInOrderAndNobodyIsForgotten(t *testing.T) {
	turns, queue := started(t, 1, 0)
	takes(turns, "a", "slow", 5)
	if queue.Len() != 0 {
		t.Fatal("somebody is called while the host is busy")
	}
	turns.Done(request("a", 0))
	for n := 1; n < 5; n++ {
		called, _ := queue.Get()
		if called != request("a", n) {
			t.Fatalf("%s is called, want %d", called.Name, n)
		}
		if turns.Take(request("b", n), "other") {
			t.Fatal("somebody takes the worker of another who was called")
		}
		if n != 3 && !turns.Take(called, "slow") { // 3 was deleted meanwhile: it takes no turn, and ends
			t.Fatalf("%d is called, and may not start", n)
		}
		turns.leaveLine(request("b", n))
		queue.Done(called)
		turns.Done(called)
	}
	if turns.free != 1 || len(turns.running)+len(turns.namespaces)+len(turns.hosts)+len(turns.spares)+len(turns.lines)+len(turns.inLine) != 0 || queue.Len() != 0 {
		t.Errorf("left are %+v, and %d are called", turns, queue.Len())
	}
}

func TestTheNamespaceThatHoldsLeastIsCalledFirst(t *testing.T) {
	turns, queue := started(t, 2, 0)
	takes(turns, "many", "", 1000)
	takes(turns, "few", "", 1)
	turns.Done(request("many", 0))
	if called, _ := queue.Get(); called.Namespace != "few" {
		t.Errorf("%s is called: who came later waits for a thousand", called)
	}
}

func TestARunThatAsksAnotherHostWhenItIsCalledWaitsForThatOne(t *testing.T) {
	turns, queue := started(t, 2, 0)
	takes(turns, "a", "slow", 2)
	turns.Take(request("b", 0), "busy")
	turns.Done(request("a", 0))
	called, _ := queue.Get()
	if called != request("a", 1) || turns.Take(called, "busy") {
		t.Errorf("%s asks a host that has its share", called)
	}
	if turns.hosts["slow"] != 0 || turns.free != 1 {
		t.Errorf("%d ask the host of before, and %d workers are free", turns.hosts["slow"], turns.free)
	}
}

// TestEverybodyGetsATurn lets runs come, end and be called in random order: the
// workers are never more than there are, and in the end everybody has run.
func TestEverybodyGetsATurn(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	for range 50 {
		turns, queue := started(t, 1+random.IntN(5), random.IntN(4))
		ran, busy := map[ctrl.Request]bool{}, []ctrl.Request{}
		begin := func(who ctrl.Request) {
			if turns.Take(who, fmt.Sprint(random.IntN(3))) {
				ran[who] = true
				busy = append(busy, who)
			}
		}
		for n := range 300 {
			begin(request(fmt.Sprint(random.IntN(6)), n))
			if len(turns.running) > turns.shared+turns.reserve {
				t.Fatalf("%d run at once", len(turns.running))
			}
			for len(busy) > 0 && random.IntN(3) == 0 {
				turns.Done(busy[0])
				busy = busy[1:]
			}
		}
		for len(busy) > 0 || queue.Len() > 0 {
			for _, who := range busy {
				turns.Done(who)
			}
			busy = nil
			for queue.Len() > 0 {
				who, _ := queue.Get()
				begin(who)
				queue.Done(who)
			}
		}
		if len(ran) != 300 || len(turns.lines)+len(turns.running) != 0 {
			t.Fatalf("%d of 300 have run, %d wait", len(ran), len(turns.inLine))
		}
	}
}
