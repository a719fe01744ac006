package feedback

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Reasons of the condition FeedbackReady.
const (
	reasonTold    = "RequestsTold"
	reasonRefused = "ForgeRefused"
)

// working is the condition of a provider whose requests are told.
func working(provider *v1.ResourceSetInputProvider) *metav1.Condition {
	return &metav1.Condition{
		Type: v1.FeedbackReadyCondition, Status: metav1.ConditionTrue, Reason: reasonTold, ObservedGeneration: provider.Generation,
		Message: "The requests of " + provider.Spec.URL + " are told what becomes of their previews",
	}
}

// broken is that of one whose requests cannot be told: why, and which permission may be
// missing.
func broken(provider *v1.ResourceSetInputProvider, err error) *metav1.Condition {
	message := source.WithRemedy(err).Error()
	var failed *failure
	if errors.As(err, &failed) {
		message = failed.err.Error()
		if errors.Is(failed.err, transport.ErrMoved) {
			message = source.WithRemedy(failed.err).Error()
		}
		if permission := source.Permission(provider.Spec.Type, failed.told); isMissing(failed.err) && !isArchived(failed.err) && permission != "" {
			message = fmt.Sprintf("%s: the token of %s needs %s to tell it by a %s; a token without it may not see that the repository is there", message, fieldOf(provider), permission, failed.told)
		}
	}
	return &metav1.Condition{
		Type: v1.FeedbackReadyCondition, Status: metav1.ConditionFalse, Reason: reasonRefused, ObservedGeneration: provider.Generation,
		Message: message + "; previews are none the worse for it",
	}
}

// isMissing reports whether a permission may be missing. Forges answer that something
// is not there where somebody may not see it.
func isMissing(err error) bool {
	return errors.Is(err, transport.ErrForbidden) || errors.Is(err, transport.ErrNotFound) || errors.Is(err, transport.ErrUnauthorized)
}

// fieldOf is where the credentials come from.
func fieldOf(provider *v1.ResourceSetInputProvider) string {
	switch {
	case provider.Spec.Feedback.SecretRef != nil:
		return "spec.feedback.secretRef"
	case provider.Spec.SecretRef != nil:
		return "spec.secretRef"
	default:
		return "spec.serviceAccountName"
	}
}

// save writes what was told, and the condition; nothing where both are as they were.
// What others write of the provider meanwhile stays.
func (r *Reconciler) save(ctx context.Context, of types.NamespacedName, became outcome) error {
	reader := client.Reader(r.Client)
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		provider := &v1.ResourceSetInputProvider{}
		if err := reader.Get(ctx, of, provider); err != nil {
			return client.IgnoreNotFound(err)
		}
		reader = r.Direct // what is cached may be as old as before
		before := provider.DeepCopy()
		provider.Status.Feedback = became.told
		if became.condition == nil {
			apimeta.RemoveStatusCondition(&provider.Status.Conditions, v1.FeedbackReadyCondition)
		} else {
			condition := *became.condition
			condition.LastTransitionTime = metav1.NewTime(r.Now())
			apimeta.SetStatusCondition(&provider.Status.Conditions, condition)
		}
		if equality.Semantic.DeepEqual(before.Status, provider.Status) {
			return nil
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		return r.Client.Status().Patch(ctx, provider, patch, client.FieldOwner(report.FieldManager))
	})
}

// beyond counts the requests whose commits have no status, as they are where the forge
// takes none.
func (t *teller) beyond(requests map[string]*request) int {
	out := 0
	for _, one := range requests {
		if t.near && t.statuses != nil && one.fork && !one.gone {
			out++
		}
	}
	return out
}
