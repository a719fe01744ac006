// Package v1 holds Eddy's two kinds, as users of ControlPlane's Flux Operator
// know them: the ResourceSetInputProvider, which watches a forge, and the
// ResourceSet, which stamps out a set of objects for each input.
//
//	apiVersion: fluxcd.controlplane.io/v1
//	kind: ResourceSetInputProvider
//	metadata: {name: api-prs, namespace: app-dev}
//	spec:
//	  type: GiteaPullRequest
//	  url: https://gitea.example.com/acme/api
//	  skip: {labels: ["!build/image-ready"]}
//
// The package is pure data: types, defaults, validation rules and the small
// questions that an object can answer about itself. It imports no other
// package of this module.
//
// +kubebuilder:object:generate=true
// +groupName=fluxcd.controlplane.io
package v1
