package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group of both kinds.
const Group = "fluxcd.controlplane.io"

// GroupVersion is the version that both kinds are served and stored in.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1"}

// AddToScheme registers both kinds with a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ResourceSet{}, &ResourceSetList{},
		&ResourceSetInputProvider{}, &ResourceSetInputProviderList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
