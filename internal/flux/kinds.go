// Package flux says what the kinds of Flux mean: who deploys others, what from,
// and what for; what stands in an inventory; whether what is asked for has been
// done; and where what was deployed answers. Objects in, values out; no cluster.
//
//	if flux.Deploys(kind) {
//		source := flux.Sources(object)  // GitRepository flux-system/fleet
//		made := flux.Deployed(object)   // Deployment app-dev/api, Ingress app-dev/api, …
//		done := flux.HasDeployed(object)
//	}
package flux

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// KustomizeGroup also stands in front of the annotations by which an object tells
// kustomize-controller how to apply it.
const (
	KustomizeGroup = "kustomize.toolkit.fluxcd.io"
	helmGroup      = "helm.toolkit.fluxcd.io"
	sourceGroup    = "source.toolkit.fluxcd.io"
)

// Kinds that deploy others.
const (
	KustomizationKind = "Kustomization"
	HelmReleaseKind   = "HelmRelease"
)

// Kustomization is the kind in the version that Flux has had since 2.0.
func Kustomization() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: KustomizeGroup, Version: "v1", Kind: KustomizationKind}
}

// HelmRelease is the kind in the version that Flux has had since 2.3.
func HelmRelease() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: helmGroup, Version: "v2", Kind: HelmReleaseKind}
}

// deployer is a kind of objects that deploy others, and list them.
type deployer struct {
	schema.GroupVersionKind
	// sources are the fields that may name what it deploys from.
	sources [][]string
}

func deployers() []deployer {
	return []deployer{
		{Kustomization(), [][]string{{"spec", "sourceRef"}}},
		{HelmRelease(), [][]string{{"spec", "chartRef"}, {"spec", "chart", "spec", "sourceRef"}}},
	}
}

// Deploys reports whether objects of a kind deploy others, list them, and take
// them along when they go.
func Deploys(kind schema.GroupKind) bool {
	_, does := deployerOf(kind)
	return does
}

func deployerOf(kind schema.GroupKind) (deployer, bool) {
	known := deployers()
	at := slices.IndexFunc(known, func(d deployer) bool { return d.GroupKind() == kind })
	if at < 0 {
		return deployer{}, false
	}
	return known[at], true
}

// IsKustomization reports whether an object is a Kustomization of Flux, and not
// one of kustomize.
func IsKustomization(o *unstructured.Unstructured) bool {
	return kindOf(o) == Kustomization().GroupKind()
}

// IsHelmRelease reports whether an object is a HelmRelease.
func IsHelmRelease(o *unstructured.Unstructured) bool { return kindOf(o) == HelmRelease().GroupKind() }

// IsSource reports whether objects of a kind are what others deploy from.
func IsSource(kind schema.GroupKind) bool { return kind.Group == sourceGroup }

// Is reports whether a kind is one of Flux, and so follows its conventions:
// spec.suspend, and a Ready condition that says why.
func Is(kind schema.GroupKind) bool { return strings.HasSuffix(kind.Group, ".toolkit.fluxcd.io") }

func kindOf(o *unstructured.Unstructured) schema.GroupKind { return o.GroupVersionKind().GroupKind() }
