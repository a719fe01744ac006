package simulate

import (
	"fmt"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/expression"
	"github.com/eddy-previews/eddy/internal/schedule"
)

// CheckProvider says what the operator refuses of a provider that the API server takes,
// in its words.
func CheckProvider(provider *v1.ResourceSetInputProvider) []error {
	var out []error
	if _, err := admit.Compile(provider, time.Time{}); err != nil { // nothing is judged by the time
		out = append(out, err)
	}
	if _, err := evidence.Compile(provider); err != nil {
		out = append(out, err)
	}
	if _, err := schedule.Compile(provider.Spec.Schedule, provider.GetTimeout()); err != nil {
		out = append(out, err)
	}
	return out
}

// CheckSet says what the operator refuses of a ResourceSet that the API server takes, in
// its words. What is wrong with its templates rendering tells.
func CheckSet(set *v1.ResourceSet) []error {
	var out []error
	budget := expression.NewBudget(nil)
	for n, dependency := range set.Spec.DependsOn {
		if dependency.ReadyExpr == "" {
			continue
		}
		if _, err := budget.Compile(dependency.ReadyExpr); err != nil {
			out = append(out, fmt.Errorf("spec.dependsOn[%d].readyExpr: %w", n, err))
		}
	}
	return out
}
