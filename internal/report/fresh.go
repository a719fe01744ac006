package report

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// freshTries is how often a status is written anew that met another write, and
// freshDelay how much longer each of them waits for the cache to know of it.
const (
	freshTries = 8
	freshDelay = 10 * time.Millisecond
)

// onlyAnnotated reports whether what was written since before was read leaves the
// result of a run true: neither the spec nor the status. Both objects are then
// of the version that is there. Otherwise who annotates an object all the time
// would have each of its runs thrown away, and made again.
func (r *Reporter) onlyAnnotated(ctx context.Context, before, after Object, try int) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(try) * freshDelay):
	}
	fresh := before.DeepCopyObject().(Object)
	if err := r.Client.Get(ctx, client.ObjectKeyFromObject(after), fresh); err != nil {
		return false // the conflict is told
	}
	if fresh.GetUID() != before.GetUID() || fresh.GetGeneration() != before.GetGeneration() || !sameStatus(before, fresh) {
		return false
	}
	before.SetResourceVersion(fresh.GetResourceVersion())
	after.SetResourceVersion(fresh.GetResourceVersion())
	return true
}

func sameStatus(a, b Object) bool {
	x, err := runtime.DefaultUnstructuredConverter.ToUnstructured(a)
	if err != nil {
		return false
	}
	y, err := runtime.DefaultUnstructuredConverter.ToUnstructured(b)
	return err == nil && equality.Semantic.DeepEqual(x["status"], y["status"])
}
