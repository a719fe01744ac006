package turns

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestAFewAskAtOnceAndThenOneInEachFloorAnswersAll(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	asked := NewAsked(time.Minute, func() time.Time { return now })
	who := request("a", 1)
	for n := range burst {
		if wait := asked.wait(who); wait != 0 {
			t.Fatalf("the %dth waits for %s", n+1, wait)
		}
	}
	for range 1000 {
		if wait := asked.wait(who); wait != time.Minute {
			t.Fatalf("one more waits for %s, want the run that is due in a minute", wait)
		}
	}
	if wait := asked.wait(request("a", 2)); wait != 0 {
		t.Errorf("another object waits for %s", wait)
	}
	now = now.Add(time.Minute)
	if wait := asked.wait(who); wait != time.Minute {
		t.Errorf("after the run that was due, the next is in %s, want a minute", wait)
	}
	now = now.Add((burst + 1) * time.Minute)
	for n := range burst {
		if wait := asked.wait(who); wait != 0 {
			t.Errorf("after a rest, the %dth waits for %s", n+1, wait)
		}
	}
}

func TestADeletionNeverWaits(t *testing.T) {
	_, queue := started(t, 1, 0)
	asked := NewAsked(time.Hour, time.Now)
	object := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "1"}}
	for range 2 * burst {
		asked.wait(request("a", 1))
	}
	handler := asked.Handler()
	handler.Update(t.Context(), event.UpdateEvent{ObjectOld: object, ObjectNew: object}, queue)
	if queue.Len() != 0 {
		t.Fatal("it does not wait")
	}
	deleted := object.DeepCopy()
	deleted.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	handler.Update(t.Context(), event.UpdateEvent{ObjectOld: object, ObjectNew: deleted}, queue)
	if queue.Len() != 1 {
		t.Error("a deletion waits")
	}
	who, _ := queue.Get()
	queue.Done(who)
	handler.Update(t.Context(), event.UpdateEvent{ObjectOld: deleted, ObjectNew: deleted}, queue)
	if queue.Len() != 0 {
		t.Error("who annotates what is being deleted has it run each time")
	}
}

func TestWhoIsDeletedAndMadeAgainGetsNoOtherRunsAndIsForgottenInTime(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	asked := NewAsked(time.Minute, func() time.Time { return now })
	_, queue := started(t, 1, 0)
	handler := asked.Handler()
	object := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "1"}}
	for n := range 10 * burst {
		handler.Create(t.Context(), event.CreateEvent{Object: object}, queue)
		handler.Delete(t.Context(), event.DeleteEvent{Object: object}, queue)
		if started := queue.Len() == 1; started != (n < burst) {
			t.Fatalf("the %dth is started: %t", n+1, started)
		}
		for queue.Len() > 0 {
			who, _ := queue.Get()
			queue.Done(who)
		}
	}
	now = now.Add((burst + 2) * time.Minute)
	handler.Delete(t.Context(), event.DeleteEvent{Object: object}, queue)
	if len(asked.full) != 0 {
		t.Errorf("%v are kept", asked.full)
	}
}

func TestWithoutAFloorNobodyWaits(t *testing.T) {
	for _, asked := range []*Asked{nil, NewAsked(0, time.Now)} {
		for range 10 * burst {
			if wait := asked.wait(request("a", 1)); wait != 0 {
				t.Fatalf("somebody waits for %s", wait)
			}
		}
	}
}
