package report

import (
	"context"
	"slices"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// freshTries is how often a status is written anew that met another write, and
// freshDelay how much longer each of them waits for the cache to know of it.
const (
	freshTries = 8
	freshDelay = 10 * time.Millisecond
)

// onlyAnnotated reports whether what was written since before was read leaves the
// result of a run true: neither the spec nor the status, but for what another controller
// writes there. Both objects are then
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
	if fresh.GetUID() != before.GetUID() || fresh.GetGeneration() != before.GetGeneration() {
		return false
	}
	takeFeedback(fresh, before, after)
	if !sameStatus(before, fresh) {
		return false
	}
	before.SetResourceVersion(fresh.GetResourceVersion())
	after.SetResourceVersion(fresh.GetResourceVersion())
	return true
}

// takeFeedback gives objects what another controller has written of a fresh one: what
// requests were told.
func takeFeedback(fresh Object, into ...Object) {
	from, is := fresh.(*v1.ResourceSetInputProvider)
	if !is {
		return
	}
	told := conditions.Get(from, v1.FeedbackReadyCondition)
	for _, one := range into {
		to, is := one.(*v1.ResourceSetInputProvider)
		if !is {
			continue
		}
		to.Status.Feedback = from.Status.Feedback
		kept := slices.DeleteFunc(slices.Clone(to.Status.Conditions), func(c metav1.Condition) bool { return c.Type == v1.FeedbackReadyCondition })
		if told != nil {
			at := slices.IndexFunc(from.Status.Conditions, func(c metav1.Condition) bool { return c.Type == v1.FeedbackReadyCondition })
			kept = slices.Insert(kept, min(at, len(kept)), *told)
		}
		to.Status.Conditions = kept
	}
}

func sameStatus(a, b Object) bool {
	x, err := runtime.DefaultUnstructuredConverter.ToUnstructured(a)
	if err != nil {
		return false
	}
	y, err := runtime.DefaultUnstructuredConverter.ToUnstructured(b)
	return err == nil && equality.Semantic.DeepEqual(x["status"], y["status"])
}
