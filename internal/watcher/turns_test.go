package watcher

import (
	"context"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
)

func provider(n int) ctrl.Request {
	return ctrl.Request{NamespacedName: types.NamespacedName{Name: fmt.Sprint(n)}}
}

// takes lets n providers of a host begin, and returns how many may.
func takes(t *Turns, host string, n int) (started int) {
	for i := range n {
		if t.take(host, provider(i)) {
			started++
		}
	}
	return started
}

func TestAHostGetsNoMoreWorkersThanAreLeftForOthers(t *testing.T) {
	for workers, want := range map[int][]int{1: {1, 0}, 2: {1, 1, 0}, 4: {2, 1, 1, 0}, 10: {5, 3, 1, 1, 0}} {
		turns := NewTurns(workers)
		for n, most := range want {
			if got := takes(turns, fmt.Sprint("host", n), 100); got != most {
				t.Errorf("of %d workers host %d gets %d, want %d", workers, n, got, most)
			}
		}
		if !turns.take("", provider(1)) {
			t.Error("what asks nobody does not start")
		}
	}
}

func TestWhoWaitsIsCalledInOrderAndNobodyIsForgotten(t *testing.T) {
	turns := NewTurns(2)
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	if err := turns.Start(context.Background(), queue); err != nil {
		t.Fatal(err)
	}
	takes(turns, "slow", 5)
	turns.next()
	if queue.Len() != 0 {
		t.Fatal("somebody is called while the host is busy")
	}
	turns.leave("slow")
	turns.next()
	for n := 1; n < 5; n++ {
		called, _ := queue.Get()
		if called != provider(n) {
			t.Fatalf("%s is called, want %d", called.Name, n)
		}
		queue.Done(called)
		if n == 3 { // it was deleted meanwhile: it takes no turn, and ends
			turns.next()
			continue
		}
		if !turns.take("slow", called) {
			t.Fatalf("%d is called, and may not start", n)
		}
		turns.leave("slow")
		turns.next()
	}
	if turns.free != 2 || len(turns.held) != 0 || queue.Len() != 0 {
		t.Errorf("%d workers are free, %v are held, %d are called", turns.free, turns.held, queue.Len())
	}
}
