// Package simulate follows requests through the whole chain, without a cluster:
// from what the providers export, through the ResourceSet, to what Flux deploys.
//
//	chain := simulate.Chain{Set: set, Providers: providers, Fleet: overlay.Open("fleet")}
//	result, err := chain.Follow(ctx)
//
// The steps are the operator's and Flux's own code: internal/plan stamps out,
// internal/overlay builds and substitutes.
package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/render"
)

// Chain is a ResourceSet and what it works on.
type Chain struct {
	Set *v1.ResourceSet
	// Program are the compiled templates of the set, where it is followed more than
	// once; nil compiles them.
	Program *render.Program
	// Providers that the set refers to, with what they export in their status.
	Providers []v1.ResourceSetInputProvider
	// Fleet is the repository that Flux deploys; without it nothing is built.
	Fleet *overlay.Repository
	// Skip reports which Kustomizations are not built though there is a Fleet; nil
	// is none.
	Skip func(*kustomizev1.Kustomization) bool
	// Known are objects of the cluster: ConfigMaps and Secrets from which a
	// Kustomization substitutes.
	Known []*unstructured.Unstructured
	// Unset stand in for variables that nothing gives a value. With them, what a
	// Kustomization substitutes from need not be known.
	Unset map[string]string
}

// Result is what a chain comes to.
type Result struct {
	Plan plan.Plan
	// Parts are the stamped objects in their order; a Kustomization with what
	// Flux deploys for it.
	Parts []Part
}

// Part is a stamped object.
type Part struct {
	Stamped plan.Object
	// Kustomization is the object when it is one of Flux, else nil.
	Kustomization *kustomizev1.Kustomization
	// Deployed are the objects that Flux builds for the Kustomization.
	Deployed []*unstructured.Unstructured
	// LeftOut is what Flux would fetch for them, and nobody did.
	LeftOut []overlay.LeftOut
	// Err is why there are none.
	Err error
}

// Follow renders the inputs of the providers, and builds what Flux would. The
// error says that nothing can be rendered; what fails for one preview or one
// Kustomization is told in the result.
func (c Chain) Follow(ctx context.Context) (Result, error) {
	inputs, err := plan.Combine(c.Set, c.Providers)
	if err != nil {
		return Result{}, err
	}
	wanted, err := plan.Make(ctx, plan.Request{Set: c.Set, Program: c.Program, Inputs: c.wanted(inputs.Sets)})
	if err != nil {
		return Result{}, err
	}
	result := Result{Plan: wanted}
	known := slices.Clone(c.Known)
	for _, object := range wanted.Objects() {
		result.Parts = append(result.Parts, Part{Stamped: object})
		known = append(known, object.Unstructured)
	}
	for i := range result.Parts {
		c.build(ctx, &result.Parts[i], known)
	}
	return result, nil
}

// wanted leaves the set's own inputs out where they are previews of their own.
func (c Chain) wanted(sets []input.Set) []input.Set {
	isOwn := func(set input.Set) bool { return set.Provider.Kind == v1.ResourceSetKind }
	if len(c.Providers) == 0 {
		return sets
	}
	return slices.DeleteFunc(slices.Clone(sets), isOwn)
}

func (c Chain) build(ctx context.Context, part *Part, known []*unstructured.Unstructured) {
	if !flux.IsKustomization(part.Stamped.Unstructured) {
		return
	}
	ks, err := kustomizationOf(part.Stamped.Unstructured)
	if err != nil {
		part.Err = err
		return
	}
	part.Kustomization = ks
	resolved := ks.DeepCopy()
	if part.Err = c.resolve(resolved, known); part.Err == nil && c.builds(ks) {
		built, err := c.Fleet.Build(ctx, ks.Spec.Path, *resolved)
		part.Deployed, part.LeftOut, part.Err = built.Objects, built.LeftOut, err
	}
}

func (c Chain) builds(ks *kustomizev1.Kustomization) bool {
	return c.Fleet != nil && (c.Skip == nil || !c.Skip(ks))
}

// resolve writes the variables of postBuild.substituteFrom whose objects are
// known into postBuild.substitute, in Flux's order: later ones win, and those
// written down win over all.
func (c Chain) resolve(ks *kustomizev1.Kustomization, known []*unstructured.Unstructured) error {
	if ks.Spec.PostBuild == nil {
		return nil
	}
	values := maps.Clone(c.Unset)
	if values == nil {
		values = map[string]string{}
	}
	var unresolved []kustomizev1.SubstituteReference
	for _, from := range ks.Spec.PostBuild.SubstituteFrom {
		data, found, err := dataOf(from, ks.Namespace, known)
		if err != nil {
			return fmt.Errorf("postBuild.substituteFrom: %w", err)
		}
		if !found && c.Unset == nil {
			unresolved = append(unresolved, from)
		}
		maps.Copy(values, data)
	}
	maps.Copy(values, ks.Spec.PostBuild.Substitute)
	ks.Spec.PostBuild.Substitute, ks.Spec.PostBuild.SubstituteFrom = values, unresolved
	return nil
}
