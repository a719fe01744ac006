package templater

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxcd/pkg/apis/meta"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/report"
)

// inputs gathers the input sets of the ResourceSet and its providers. Where
// inputs are combined, a provider that has never reported leaves all of them
// unknown: the run ends here, and everything stays as it is.
func (r *run) inputs(ctx context.Context) (plan.Inputs, error) {
	providers, err := r.providers(ctx)
	if err != nil {
		return plan.Inputs{}, err
	}
	inputs, err := r.memory.made.InputsOf(r.set, providers)
	var unheard *plan.Unheard
	var invalid *plan.Invalid
	switch {
	case errors.As(err, &unheard):
		return plan.Inputs{}, report.Hold(r.unheard(unheard.Silent))
	case errors.As(err, &invalid):
		return plan.Inputs{}, stalledBuild(fmt.Errorf("failed to compute inputs: %w", err))
	case err != nil: // it may be mended where they come from
		return plan.Inputs{}, report.Fail(meta.BuildFailedReason, fmt.Errorf("failed to compute inputs: %w", err))
	}
	return inputs, nil
}

// providers returns those that the set refers to, as the cache has them; those of
// a selector that is none are none.
func (r *run) providers(ctx context.Context) ([]v1.ResourceSetInputProvider, error) {
	var found []v1.ResourceSetInputProvider
	for _, ref := range r.set.Spec.InputsFrom {
		matching, err := r.resolve(ctx, ref)
		if err != nil {
			return nil, err
		}
		found = append(found, matching...)
	}
	return found, nil
}

// resolve returns the providers that one entry of spec.inputsFrom refers to. They are
// those of the cache itself: they are read, and not to be changed.
func (r *run) resolve(ctx context.Context, ref v1.InputProviderReference) ([]v1.ResourceSetInputProvider, error) {
	if ref.Selector == nil {
		provider := v1.ResourceSetInputProvider{}
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: r.set.Namespace, Name: ref.Name}, &provider, client.UnsafeDisableDeepCopy)
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return []v1.ResourceSetInputProvider{provider}, err
	}
	selector, err := metav1.LabelSelectorAsSelector(ref.Selector)
	if err != nil {
		return nil, nil //nolint:nilerr // which one it is, the plan says
	}
	list := &v1.ResourceSetInputProviderList{}
	err = r.Client.List(ctx, list, client.InNamespace(r.set.Namespace), client.MatchingLabelsSelector{Selector: selector}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

// unheard is the outcome while providers have not reported.
func (r *run) unheard(silent []string) report.Outcome {
	outcome := report.Wait(v1.ReasonInputsNotReady, plan.WaitsFor(silent), r.RequeueDependency)
	outcome.Status = metav1.ConditionUnknown
	return outcome
}

// stalledBuild marks an error that stops the whole set until it is changed.
func stalledBuild(err error) error {
	return report.StallWith(meta.BuildFailedReason, err.Error(), err)
}
