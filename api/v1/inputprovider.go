package v1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// GetConditions returns the status conditions.
func (p *ResourceSetInputProvider) GetConditions() []metav1.Condition { return p.Status.Conditions }

// SetConditions replaces the status conditions.
func (p *ResourceSetInputProvider) SetConditions(conditions []metav1.Condition) {
	p.Status.Conditions = conditions
}

// GetLastHandledReconcileRequest returns the last handled value of the
// reconcile.fluxcd.io/requestedAt annotation.
func (p *ResourceSetInputProvider) GetLastHandledReconcileRequest() string {
	return p.Status.GetLastHandledReconcileRequest()
}

// SetLastHandledReconcileRequest records the handled value of the
// reconcile.fluxcd.io/requestedAt annotation.
func (p *ResourceSetInputProvider) SetLastHandledReconcileRequest(token string) {
	p.Status.SetLastHandledReconcileRequest(token)
}

// GetLastHandledForceRequestStatus returns where the last handled value of the
// reconcile.fluxcd.io/forceAt annotation is kept.
func (p *ResourceSetInputProvider) GetLastHandledForceRequestStatus() *string {
	return &p.Status.LastHandledForceAt
}

// IsDisabled reports whether the provider is suspended.
func (p *ResourceSetInputProvider) IsDisabled() bool { return IsDisabled(p.Annotations) }

// HasReported reports whether the provider has ever said what it found. Until then
// it is not known what it asks for, which is not the same as nothing.
func (p *ResourceSetInputProvider) HasReported() bool {
	return p.Status.LastExportedRevision != "" || len(p.Status.ExportedInputs) > 0
}

// GetInterval returns the time between two runs, 10 minutes by default.
func (p *ResourceSetInputProvider) GetInterval() time.Duration {
	return durationAnnotation(p.Annotations, ReconcileEveryAnnotation, InputProviderInterval)
}

// GetTimeout returns the bound of one run, 2 minutes by default.
func (p *ResourceSetInputProvider) GetTimeout() time.Duration {
	return durationAnnotation(p.Annotations, ReconcileTimeoutAnnotation, InputProviderTimeout)
}

// GetLimit returns the most inputs to export, 100 by default.
func (p *ResourceSetInputProvider) GetLimit() int {
	if p.Spec.Filter == nil || p.Spec.Filter.Limit <= 0 {
		return InputProviderLimit
	}
	return p.Spec.Filter.Limit
}
