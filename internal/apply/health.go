package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"github.com/fluxcd/pkg/runtime/statusreaders"
	"github.com/fluxcd/pkg/ssa"
	ssautils "github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const (
	// healthInterval is the time between two looks at the health of objects.
	healthInterval = 5 * time.Second
	// settleInterval and settleTimeout are for definitions, which are quick.
	settleInterval = 2 * time.Second
	settleTimeout  = time.Minute
)

// ReadyExpr judges the two kinds of this project: ready when every Ready
// condition is true and speaks of the current generation.
const ReadyExpr = `status.conditions.filter(c, c.type == 'Ready')` +
	`.all(c, c.status == 'True' && c.observedGeneration == metadata.generation)`

// Wait waits until objects are ready, as kstatus understands it, or one of them
// has failed, or the time is up.
func (a *Applier) Wait(ctx context.Context, objects []*unstructured.Unstructured, timeout time.Duration) error {
	return a.await(ctx, objects, ssa.WaitOptions{
		Interval:    healthInterval,
		Timeout:     timeout,
		FailFast:    true,
		JobsWithTTL: ssautils.ExtractJobsWithTTL(objects),
	})
}

// awaitReady waits for one definition.
func (a *Applier) awaitReady(ctx context.Context, o *unstructured.Unstructured, timeout time.Duration) error {
	return a.await(ctx, []*unstructured.Unstructured{o}, ssa.WaitOptions{Interval: settleInterval, Timeout: timeout})
}

func (a *Applier) await(ctx context.Context, objects []*unstructured.Unstructured, opts ssa.WaitOptions) error {
	readers, err := a.statusReaders()
	if err != nil {
		return fmt.Errorf("preparing the health checks: %w", err)
	}
	poller := polling.NewStatusPoller(a.Client, a.Client.RESTMapper(), polling.Options{CustomStatusReaders: readers})
	manager := ssa.NewResourceManager(a.Client, poller, ssa.Owner{Field: a.FieldManager, Group: v1.OwnerLabelPrefix})
	return manager.WaitForSetWithContext(ctx, object.UnstructuredSetToObjMetadataSet(objects), opts)
}

// statusReaders returns the readers for kinds that kstatus alone misjudges.
func (a *Applier) statusReaders() ([]engine.StatusReader, error) {
	var checks []kustomize.CustomHealthCheck
	for _, kind := range []string{v1.ResourceSetKind, v1.ResourceSetInputProviderKind} {
		checks = append(checks, kustomize.CustomHealthCheck{
			APIVersion:             v1.GroupVersion.String(),
			Kind:                   kind,
			HealthCheckExpressions: kustomize.HealthCheckExpressions{Current: ReadyExpr},
		})
	}
	newReader, err := cel.NewStatusReader(checks)
	if err != nil {
		return nil, err
	}
	mapper := a.Client.RESTMapper()
	return []engine.StatusReader{statusreaders.NewCustomJobStatusReader(mapper), newReader(mapper)}, nil
}
