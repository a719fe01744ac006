package turns

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// leaseGrace is how far the clock of whoever holds a lease may be behind.
const leaseGrace = 30 * time.Second

// IsHeld reports whether somebody has a lease: who has stopped gave it back, or does not
// renew it.
func IsHeld(lease *coordinationv1.Lease, now time.Time) bool {
	spec := lease.Spec
	if spec.HolderIdentity == nil || *spec.HolderIdentity == "" || spec.RenewTime == nil || spec.LeaseDurationSeconds == nil {
		return false
	}
	ends := spec.RenewTime.Add(time.Duration(*spec.LeaseDurationSeconds)*time.Second + leaseGrace)
	return now.Before(ends)
}
