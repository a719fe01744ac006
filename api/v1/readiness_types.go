package v1

import (
	"cmp"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Defaults of readiness.
const (
	ReadyWithin   = 10 * time.Minute
	ProbeTimeout  = 10 * time.Second
	ProbeInterval = 2 * time.Minute
)

// Bounds of a probe.
const (
	mostProbeTimeout   = 30 * time.Second
	leastProbeInterval = 5 * time.Second
)

// Readiness says when a preview is ready, beyond that its objects are applied.
type Readiness struct {
	// Workloads asks that what was deployed for a preview runs: that the
	// Kustomizations and HelmReleases among its objects are ready, and the
	// Deployments, StatefulSets, DaemonSets, Jobs and pods that these, or the
	// ResourceSet itself, have deployed into this cluster. It is looked at as the
	// account of the ResourceSet; what that may not list is held against nobody.
	// +kubebuilder:validation:Enum=Enabled;Disabled
	// +kubebuilder:default=Enabled
	// +optional
	Workloads string `json:"workloads,omitempty"`

	// Probe asks that the URL of a preview answers, once what was deployed runs. It is
	// not asked when absent.
	// +optional
	Probe *ReadinessProbe `json:"probe,omitempty"`

	// Within is how long a preview has to get ready once something else was applied
	// for it; then it has failed, until it is ready after all.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +kubebuilder:default="10m"
	// +optional
	Within *metav1.Duration `json:"within,omitempty"`
}

// ReadinessProbe says what to ask a URL for, and what is an answer.
type ReadinessProbe struct {
	// Path to ask for, on the host of the URL.
	// +kubebuilder:default="/"
	// +kubebuilder:validation:Pattern="^/"
	// +optional
	Path string `json:"path,omitempty"`

	// StatusCodes that are an answer, and ranges of them.
	// +kubebuilder:default="200-399,401,403"
	// +kubebuilder:validation:Pattern="^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$"
	// +optional
	StatusCodes string `json:"statusCodes,omitempty"`

	// Timeout of one question, 30 seconds at most.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +kubebuilder:default="10s"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// Interval between two questions to a URL that has answered, 5 seconds at
	// least: a preview is no longer ready when it does not answer twice in a row.
	// With 0s it is not asked again until something else is applied, or it has
	// another URL.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +kubebuilder:default="2m"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// ConnectTo is HOST:PORT to connect to in place of the host of the URL, as with
	// curl's --connect-to: the Service of the ingress, where its DNS name or load
	// balancer cannot be reached from inside of the cluster. The URL's host is still
	// the one that is asked for, and that the certificate has to be for.
	// +kubebuilder:validation:Pattern="^([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$"
	// +kubebuilder:validation:MaxLength=300
	// +optional
	ConnectTo string `json:"connectTo,omitempty"`

	// CertSecretRef names a Secret in the namespace of the ResourceSet with a
	// certificate authority (ca.crt) that is trusted beside those of the system. It
	// is read as the account of the ResourceSet.
	// +optional
	CertSecretRef *meta.LocalObjectReference `json:"certSecretRef,omitempty"`

	// InsecureSkipVerify takes any certificate.
	// +optional
	InsecureSkipVerify bool `json:"insecureSkipVerify,omitempty"`

	// HeadersFrom names a Secret in the namespace of the ResourceSet whose keys are
	// headers that are sent, with their values: such as the token that lets one past
	// a login. They go to the host of the URL, and not where it redirects to. The
	// Secret is read as the account of the ResourceSet.
	// +optional
	HeadersFrom *meta.LocalObjectReference `json:"headersFrom,omitempty"`

	// AllowPrivate allows that the URL leads to a private address, such as that of a
	// Service; with false, to public ones alone. Where the operator may not ask at
	// all, it asks nobody.
	// +kubebuilder:default=true
	// +optional
	AllowPrivate *bool `json:"allowPrivate,omitempty"`
}

// WithWorkloads reports whether a preview is ready only once what was deployed for
// it runs.
func (s *ResourceSet) WithWorkloads() bool {
	return s.Spec.Readiness != nil && s.Spec.Readiness.Workloads != FeatureDisabled
}

// GetWithin returns how long a preview has to get ready, 10 minutes by default.
func (s *ResourceSet) GetWithin() time.Duration {
	if s.Spec.Readiness == nil || s.Spec.Readiness.Within == nil || s.Spec.Readiness.Within.Duration <= 0 {
		return ReadyWithin
	}
	return s.Spec.Readiness.Within.Duration
}

// GetProbe returns what the URL of a preview is asked for, with its defaults; nil when
// it is not asked.
func (s *ResourceSet) GetProbe() *ReadinessProbe {
	if s.Spec.Readiness == nil || s.Spec.Readiness.Probe == nil {
		return nil
	}
	out := s.Spec.Readiness.Probe.DeepCopy()
	out.Path, out.StatusCodes = cmp.Or(out.Path, "/"), cmp.Or(out.StatusCodes, "200-399,401,403")
	if out.Timeout == nil || out.Timeout.Duration <= 0 {
		out.Timeout = &metav1.Duration{Duration: ProbeTimeout}
	}
	out.Timeout.Duration = min(out.Timeout.Duration, mostProbeTimeout)
	if out.Interval == nil {
		out.Interval = &metav1.Duration{Duration: ProbeInterval}
	}
	if out.Interval.Duration != 0 {
		out.Interval.Duration = max(out.Interval.Duration, leastProbeInterval)
	}
	return out
}

// IsPublicOnly reports whether the URL may lead to public addresses alone.
func (p *ReadinessProbe) IsPublicOnly() bool { return p.AllowPrivate != nil && !*p.AllowPrivate }
