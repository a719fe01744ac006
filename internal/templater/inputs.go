package templater

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/report"
)

// inputs are the input sets of a run.
type inputs struct {
	sets []input.Set
	// silent names the providers that have never reported: what they would ask
	// for is not known.
	silent []string
}

// inputs gathers the input sets of the ResourceSet and its providers. Where
// inputs are combined, a provider that has never reported leaves all of them
// unknown: the run ends here, and everything stays as it is.
func (r *run) inputs(ctx context.Context) (inputs, error) {
	providers, err := r.providers(ctx)
	if err != nil {
		return inputs{}, err
	}
	silent := silentOf(providers)
	if len(silent) > 0 && input.Permutes(r.set) {
		return inputs{}, report.Hold(r.unheard(silent))
	}
	combined, err := input.Combine(r.set, providers, input.Given(r.keys()))
	if err != nil {
		err = fmt.Errorf("failed to compute inputs: %w", err)
		if len(r.set.Spec.InputsFrom) > 0 { // it may be mended where they come from
			return inputs{}, report.Fail(meta.BuildFailedReason, err)
		}
		return inputs{}, stalledBuild(err)
	}
	r.collisions = identity.Tell(combined.Collisions)
	return inputs{sets: combined.Sets, silent: silent}, nil
}

// keys lists the keys of the input sets that the set has had previews of.
func (r *run) keys() []string {
	var keys []string
	for _, preview := range r.set.Status.Previews {
		keys = append(keys, preview.Provider+"/"+preview.ID)
	}
	if r.set.Status.Inventory != nil {
		for _, entry := range r.set.Status.Inventory.Entries {
			keys = append(keys, entry.Input)
		}
	}
	return keys
}

// silentOf names the providers that have never reported.
func silentOf(providers []v1.ResourceSetInputProvider) []string {
	var silent []string
	for _, provider := range providers {
		if !hasReported(&provider) {
			silent = append(silent, provider.Name)
		}
	}
	return silent
}

// hasReported reports whether a provider has ever said what it found.
func hasReported(provider *v1.ResourceSetInputProvider) bool {
	return provider.Status.LastExportedRevision != "" || len(provider.Status.ExportedInputs) > 0
}

// providers returns the providers that the set refers to, each once.
func (r *run) providers(ctx context.Context) ([]v1.ResourceSetInputProvider, error) {
	var found []v1.ResourceSetInputProvider
	for n, ref := range r.set.Spec.InputsFrom {
		matching, err := r.resolve(ctx, n, ref)
		if err != nil {
			return nil, err
		}
		for _, provider := range matching {
			if !slices.ContainsFunc(found, func(p v1.ResourceSetInputProvider) bool { return p.Name == provider.Name }) {
				found = append(found, provider)
			}
		}
	}
	return found, nil
}

// resolve returns the providers that one entry of spec.inputsFrom refers to.
func (r *run) resolve(ctx context.Context, n int, ref v1.InputProviderReference) ([]v1.ResourceSetInputProvider, error) {
	field := fmt.Sprintf("spec.inputsFrom[%d]", n)
	if ref.Selector == nil {
		provider := v1.ResourceSetInputProvider{}
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: r.set.Namespace, Name: ref.Name}, &provider)
		if apierrors.IsNotFound(err) {
			return nil, stalledBuild(fmt.Errorf("failed to compute inputs: %s: there is no ResourceSetInputProvider %s/%s: create it, or correct the name",
				field, r.set.Namespace, ref.Name))
		}
		return []v1.ResourceSetInputProvider{provider}, err
	}
	selector, err := metav1.LabelSelectorAsSelector(ref.Selector)
	if err != nil {
		return nil, stalledBuild(fmt.Errorf("failed to compute inputs: %s.selector: %w", field, err))
	}
	list := &v1.ResourceSetInputProviderList{}
	err = r.Client.List(ctx, list, client.InNamespace(r.set.Namespace), client.MatchingLabelsSelector{Selector: selector})
	return list.Items, err
}

// unheard is the outcome while providers have not reported.
func (r *run) unheard(silent []string) report.Outcome {
	message := fmt.Sprintf("waiting for the first report of ResourceSetInputProvider %s: nothing is deleted until then",
		strings.Join(silent, ", "))
	outcome := report.Wait(v1.ReasonInputsNotReady, message, r.RequeueDependency)
	outcome.Status = metav1.ConditionUnknown
	return outcome
}

// stalledBuild marks an error that stops the whole set until it is changed.
func stalledBuild(err error) error {
	return report.StallWith(meta.BuildFailedReason, err.Error(), err)
}
