package check

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/turns"
)

// ofOperator is the lease that an operator holds which no chart has installed, and
// ofFlux is what follows the name of a controller in that of its lease.
const (
	ofOperator = "eddy-operator"
	ofFlux     = "-leader-election"
)

// outside tells of a controller that has no Deployment: one that runs outside of the
// cluster, or under another name, renews its lease. It is nil where none was held in
// this time, or where leases may not be seen.
func outside(ctx context.Context, c *Cluster, lease string) (*coordinationv1.Lease, error) {
	var found coordinationv1.LeaseList
	err := c.Client.List(ctx, &found, client.MatchingFields{"metadata.name": lease})
	if apierrors.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the lease %s: %w", lease, err)
	}
	for n := range found.Items {
		if turns.IsHeld(&found.Items[n], c.Now) {
			return &found.Items[n], nil
		}
	}
	return nil, nil
}

// runsOutside is the result of a controller that renews its lease.
func runsOutside(name string, lease *coordinationv1.Lease, now time.Time) Result {
	return ok("%s runs without a Deployment, as %s: it renewed its lease %s/%s %s ago", name, *lease.Spec.HolderIdentity,
		lease.Namespace, lease.Name, max(0, now.Sub(lease.Spec.RenewTime.Time)).Round(time.Second))
}
