package v1

import (
	"slices"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// ResourceSetKind is the kind of a ResourceSet.
const ResourceSetKind = "ResourceSet"

// Strategies for combining the inputs of several providers.
const (
	// InputStrategyFlatten lists the inputs of all providers one after the other.
	InputStrategyFlatten = "Flatten"
	// InputStrategyPermute combines each input of a source with each of the others.
	InputStrategyPermute = "Permute"
)

// Defaults of a ResourceSet that has no annotation saying otherwise.
const (
	ResourceSetInterval = 60 * time.Minute
	ResourceSetTimeout  = 5 * time.Minute
)

// What may be Enabled or Disabled.
const (
	FeatureEnabled  = "Enabled"
	FeatureDisabled = "Disabled"
)

// ResourceSetSpec says what to render, for which inputs, and how to apply it.
//
// +kubebuilder:validation:XValidation:rule="!has(self.steps) || (!has(self.resources) && !has(self.resourcesTemplate))",message="steps is mutually exclusive with resources and resourcesTemplate"
// +kubebuilder:validation:XValidation:rule="has(self.steps) || has(self.resources) || has(self.resourcesTemplate)",message="at least one of steps, resources or resourcesTemplate must be set"
type ResourceSetSpec struct {
	// CommonMetadata is added to every rendered object.
	// +optional
	CommonMetadata *CommonMetadata `json:"commonMetadata,omitempty"`

	// InputStrategy says how the inputs of several providers are combined;
	// without it they are listed one after the other (Flatten).
	// +optional
	InputStrategy *InputStrategySpec `json:"inputStrategy,omitempty"`

	// Inputs are input sets written down here, each a map of any JSON values.
	// +optional
	Inputs []ResourceSetInput `json:"inputs,omitempty"`

	// InputsFrom names the ResourceSetInputProviders in the namespace of the
	// ResourceSet whose exported inputs are used.
	// +optional
	InputsFrom []InputProviderReference `json:"inputsFrom,omitempty"`

	// Resources are objects whose text may hold templates between << and >>,
	// rendered once for each input set.
	// +kubebuilder:validation:items:Type=object
	// +optional
	Resources []*apiextensionsv1.JSON `json:"resources,omitempty"`

	// ResourcesTemplate is a template of one or more YAML documents, rendered
	// once for each input set.
	// +optional
	ResourcesTemplate string `json:"resourcesTemplate,omitempty"`

	// Steps are applied one after the other; each is ready before the next starts.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.all(s, self.exists_one(t, t.name == s.name))",message="step names must be unique"
	// +optional
	Steps []ResourceSetStep `json:"steps,omitempty"`

	// DependsOn lists objects that must exist, and may have to be ready,
	// before anything is applied.
	// +optional
	DependsOn []Dependency `json:"dependsOn,omitempty"`

	// ServiceAccountName is the account, in the namespace of the ResourceSet,
	// that is impersonated when objects are applied and deleted.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// Wait makes the ResourceSet ready only once all its objects are.
	// +optional
	Wait bool `json:"wait,omitempty"`

	// Readiness says when a preview is ready. Without it, it is once its objects are
	// applied and, with wait, ready.
	// +optional
	Readiness *Readiness `json:"readiness,omitempty"`
}

// CommonMetadata is a set of labels and annotations for every rendered object.
type CommonMetadata struct {
	// Labels are added to the object's labels.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`

	// Annotations are added to the object's annotations.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// InputStrategySpec says how the inputs of several providers are combined.
//
// +kubebuilder:validation:XValidation:rule="!has(self.includeEmptyProviders) || self.name == 'Permute'",message="includeEmptyProviders only applies when name is Permute"
type InputStrategySpec struct {
	// Name of the strategy.
	// +kubebuilder:validation:Enum=Flatten;Permute
	// +required
	Name string `json:"name"`

	// IncludeEmptyProviders makes the product empty when one provider, or the
	// ResourceSet itself, has no inputs; without it they are left out.
	// +optional
	IncludeEmptyProviders *bool `json:"includeEmptyProviders,omitempty"`
}

// ResourceSetInput is one input set: names to any JSON values.
type ResourceSetInput map[string]*apiextensionsv1.JSON

// InputProviderReference names one provider, or selects some by their labels.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) || has(self.selector)",message="at least one of name or selector must be set for input provider references"
// +kubebuilder:validation:XValidation:rule="!has(self.name) || !has(self.selector)",message="cannot set both name and selector for input provider references"
type InputProviderReference struct {
	// APIVersion of the provider.
	// +kubebuilder:validation:Enum=fluxcd.controlplane.io/v1
	// +optional
	APIVersion string `json:"apiVersion,omitempty"`

	// Kind of the provider.
	// +kubebuilder:validation:Enum=ResourceSetInputProvider
	// +optional
	Kind string `json:"kind,omitempty"`

	// Name of the provider. Exclusive with selector.
	// +optional
	Name string `json:"name,omitempty"`

	// Selector picks providers by their labels. Exclusive with name.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// RefersTo reports whether the reference names or selects a provider, which has
// to be in the namespace of the ResourceSet.
func (r InputProviderReference) RefersTo(provider *ResourceSetInputProvider) bool {
	if r.Selector == nil {
		return r.Name == provider.Name
	}
	selector, err := metav1.LabelSelectorAsSelector(r.Selector)
	return err == nil && selector.Matches(labels.Set(provider.Labels))
}

// RefersTo reports whether one of spec.inputsFrom names or selects a provider.
func (r *ResourceSet) RefersTo(provider *ResourceSetInputProvider) bool {
	return provider.Namespace == r.Namespace &&
		slices.ContainsFunc(r.Spec.InputsFrom, func(ref InputProviderReference) bool { return ref.RefersTo(provider) })
}

// IsPermuted reports whether each input of a source is combined with each of the others.
func (r *ResourceSet) IsPermuted() bool {
	return r.Spec.InputStrategy != nil && r.Spec.InputStrategy.Name == InputStrategyPermute
}

// ResourceSetStep is a part of a ResourceSet that is ready before the next starts.
//
// +kubebuilder:validation:XValidation:rule="has(self.resources) || has(self.resourcesTemplate)",message="at least one of resources or resourcesTemplate must be set"
type ResourceSetStep struct {
	// Name of the step, unique in the ResourceSet.
	// +kubebuilder:validation:Pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
	// +kubebuilder:validation:MaxLength=63
	// +required
	Name string `json:"name"`

	// Resources as in the ResourceSet.
	// +kubebuilder:validation:items:Type=object
	// +optional
	Resources []*apiextensionsv1.JSON `json:"resources,omitempty"`

	// ResourcesTemplate as in the ResourceSet.
	// +optional
	ResourcesTemplate string `json:"resourcesTemplate,omitempty"`

	// Timeout for the step's objects to become ready; the timeout of the
	// ResourceSet when absent.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
}

// Dependency is an object that must exist before a ResourceSet is applied.
type Dependency struct {
	// APIVersion of the object.
	// +required
	APIVersion string `json:"apiVersion"`

	// Kind of the object.
	// +required
	Kind string `json:"kind"`

	// Name of the object.
	// +required
	Name string `json:"name"`

	// Namespace of the object; empty for a cluster-scoped one.
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// Ready asks that the object is ready, not only there.
	// +optional
	Ready bool `json:"ready,omitempty"`

	// ReadyExpr is a CEL expression over the object that says whether it is
	// ready; without it the object's status is judged by kstatus. The object is
	// read as the account of the ResourceSet.
	// +optional
	ReadyExpr string `json:"readyExpr,omitempty"`
}

// ResourceSet renders a set of objects once for each input set, applies them,
// and deletes those that no input asks for any more. Its name has 63 characters at
// most, as each of its objects bears it as a label.
//
// A set that has a status was there before that was asked for; it can be changed
// and deleted.
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 || has(self.status)",message="metadata.name must have 63 characters at most: each object of the set bears it as a label"
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=rset,categories={all,fluxcd,fluxcd-appliers}
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp",description=""
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type==\"Ready\")].status",description=""
// +kubebuilder:printcolumn:name="Status",type="string",JSONPath=".status.conditions[?(@.type==\"Ready\")].message",description=""
type ResourceSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ResourceSetSpec   `json:"spec,omitempty"`
	Status ResourceSetStatus `json:"status,omitempty"`
}

// ResourceSetList is a list of ResourceSets.
//
// +kubebuilder:object:root=true
type ResourceSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ResourceSet `json:"items"`
}

// GetConditions returns the status conditions.
func (s *ResourceSet) GetConditions() []metav1.Condition { return s.Status.Conditions }

// SetConditions replaces the status conditions.
func (s *ResourceSet) SetConditions(conditions []metav1.Condition) { s.Status.Conditions = conditions }

// GetLastHandledReconcileRequest returns the last handled value of the
// reconcile.fluxcd.io/requestedAt annotation.
func (s *ResourceSet) GetLastHandledReconcileRequest() string {
	return s.Status.GetLastHandledReconcileRequest()
}

// SetLastHandledReconcileRequest records the handled value of the
// reconcile.fluxcd.io/requestedAt annotation.
func (s *ResourceSet) SetLastHandledReconcileRequest(token string) {
	s.Status.SetLastHandledReconcileRequest(token)
}

// IsDisabled reports whether the ResourceSet is suspended.
func (s *ResourceSet) IsDisabled() bool { return IsDisabled(s.Annotations) }

// GetInterval returns the time between two runs, 60 minutes by default.
func (s *ResourceSet) GetInterval() time.Duration {
	return durationAnnotation(s.Annotations, ReconcileEveryAnnotation, ResourceSetInterval)
}

// GetTimeout returns the bound of one run, 5 minutes by default.
func (s *ResourceSet) GetTimeout() time.Duration {
	return durationAnnotation(s.Annotations, ReconcileTimeoutAnnotation, ResourceSetTimeout)
}
