package local

import (
	"context"
	"fmt"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/applyconfigurations/coordination/v1"

	"github.com/eddy-previews/eddy/test/cluster/internal/flux"
	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
)

// renewEvery is how often the leases of Flux's controllers are renewed, and leaseFor how
// long one lasts.
const renewEvery, leaseFor = 10 * time.Second, 35 * time.Second

// renew holds the leases that Flux's controllers hold in a cluster, for as long as their
// processes run. They elect no leader outside of one, and by its lease others see that a
// controller runs which has no Deployment.
func (r *run) renew(ctx context.Context, client *kube.Client) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		for _, name := range flux.Controllers() {
			if r.supervisor.PID(name) == 0 {
				continue
			}
			if err := hold(ctx, client, name); err != nil && ctx.Err() == nil {
				r.Progress.Line("renewing the lease of %s: %v", name, err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// hold makes the lease of a controller, or renews it.
func hold(ctx context.Context, client *kube.Client, controller string) error {
	holder, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("naming the holder: %w", err)
	}
	lease := coordinationv1.Lease(controller+"-leader-election", flux.Namespace).WithSpec(coordinationv1.LeaseSpec().
		WithHolderIdentity(holder).WithLeaseDurationSeconds(int32(leaseFor.Seconds())).WithRenewTime(metav1.NowMicro()))
	_, err = client.Typed.CoordinationV1().Leases(flux.Namespace).Apply(ctx, lease, metav1.ApplyOptions{FieldManager: kube.Manager, Force: true})
	return err
}
