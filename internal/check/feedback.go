package check

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// feedback looks at the providers that tell requests what becomes of their previews:
// whether their tokens may do so was tried by the operator, as them.
func feedback(ctx context.Context, c *Cluster) ([]Result, error) {
	var all v1.ResourceSetInputProviderList
	err := c.Client.List(ctx, &all)
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, nil // the missing definition is reported already
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the providers that tell requests: %w", err)
	}
	var out []Result
	told := 0
	for _, one := range all.Items {
		condition := meta.FindStatusCondition(one.Status.Conditions, v1.FeedbackReadyCondition)
		switch {
		case one.Spec.Feedback == nil || condition == nil: // another one of the repository tells for it
		case condition.Status == metav1.ConditionTrue:
			told++
		default:
			out = append(out, warning("give the token the permission, or make another one; it is tried again at the provider's interval, and when its Secret changes",
				"the requests of %s/%s are not told: %s", one.Namespace, one.Name, condition.Message))
		}
	}
	if told > 0 {
		out = append(out, ok("the requests of %d providers are told what becomes of their previews", told))
	}
	return out, nil
}
