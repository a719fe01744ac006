package templater

import (
	"context"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestAShardBeginsOnceTheOneBeforeCannotBeAtWork(t *testing.T) {
	b := newBench(t)
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		shard string
		// holder of the lease of the other; no lease when nil.
		holder            *string
		renewed, acquired time.Duration
		// waited is how long the set is known here.
		waited time.Duration
		// isOnly says that it selects none by their labels.
		isOnly bool
		want   bool
		// overlaps says that it is told that two select the set.
		overlaps bool
	}{
		"nobody works on it":                                 {want: true},
		"it works on it itself":                              {shard: "eddy-one", holder: ptr.To("b"), want: true},
		"the other is alive":                                 {shard: "eddy-two", holder: ptr.To("b"), acquired: -time.Hour},
		"the other has let its lease go":                     {shard: "eddy-two", holder: ptr.To(""), want: true},
		"the other has not renewed it":                       {shard: "eddy-two", holder: ptr.To("b"), renewed: -time.Minute, acquired: -time.Hour, want: true},
		"the other has begun since":                          {shard: "eddy-two", holder: ptr.To("b"), acquired: time.Second, waited: 2 * time.Second, want: true},
		"the other has no lease":                             {shard: "eddy-two"},
		"the other never answers, for 2m":                    {shard: "eddy-two", holder: ptr.To("b"), renewed: shardPatience, acquired: -time.Hour, waited: shardPatience, want: true, overlaps: true},
		"it selects all, and the other is at work":           {shard: "eddy-two", holder: ptr.To("b"), renewed: shardPatience, acquired: -time.Hour, waited: shardPatience, isOnly: true, overlaps: true},
		"it selects all, and the other is gone":              {shard: "eddy-two", holder: ptr.To(""), isOnly: true, want: true},
		"it selects all, and the other has no lease, for 2m": {shard: "eddy-two", waited: shardPatience, isOnly: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.holder != nil {
				lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "eddy-two"}}
				lease.Spec = coordinationv1.LeaseSpec{
					HolderIdentity: c.holder, LeaseDurationSeconds: ptr.To[int32](15),
					RenewTime: &metav1.MicroTime{Time: now.Add(c.renewed)}, AcquireTime: &metav1.MicroTime{Time: now.Add(c.acquired)},
				}
				if err := server.Client.Create(context.Background(), lease); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = server.Client.Delete(context.Background(), lease) })
			}
			clock := now
			shard := &Shard{
				Name: "eddy-one", Namespace: b.namespace, Selector: labels.Everything(), Reader: server.Client, Now: func() time.Time { return clock },
			}
			overlaps := false
			shard.Overlaps = func(*v1.ResourceSet, string) { overlaps = true }
			if c.isOnly {
				shard.Name, shard.Selector = "", nil
			}
			set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{UID: "1"}}
			set.Status.Shard = c.shard
			may, err := shard.mayBegin(context.Background(), set)
			if clock = now.Add(c.waited); !may && c.waited > 0 && err == nil {
				may, err = shard.mayBegin(context.Background(), set)
			}
			if err != nil || may != c.want || overlaps != c.overlaps {
				t.Errorf("it begins: %v, %v; told that two select it: %v", may, err, overlaps)
			}
		})
	}
}

func TestAShardIsWaitedForEachTimeThatItHasTheSet(t *testing.T) {
	b := newBench(t)
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	renewed := &metav1.MicroTime{Time: now.Add(24 * time.Hour)}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "eddy-two"}}
	lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: ptr.To("b"), LeaseDurationSeconds: ptr.To[int32](15), RenewTime: renewed, AcquireTime: &metav1.MicroTime{Time: now}}
	if err := server.Client.Create(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	shard := &Shard{Name: "eddy-one", Namespace: b.namespace, Selector: labels.Everything(), Reader: server.Client, Now: func() time.Time { return now }}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{UID: "1"}}
	for _, step := range []struct {
		shard string
		want  bool
	}{{"eddy-two", false}, {"", true}, {"eddy-one", true}, {"eddy-two", false}} {
		now = now.Add(time.Hour)
		set.Status.Shard = step.shard
		if may, err := shard.mayBegin(t.Context(), set); err != nil || may != step.want {
			t.Fatalf("of %q it begins: %v, %v", step.shard, may, err)
		}
	}
}

func TestARunEndsWhenItsSetLeavesTheShard(t *testing.T) {
	shard, set := &Shard{Name: "eddy-one"}, types.NamespacedName{Namespace: "a", Name: "previews"}
	run, end := shard.begin(context.Background(), set)
	defer end()
	if shard.left(set); run.Err() == nil {
		t.Error("it goes on")
	}
}
