package diff

import (
	"fmt"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/ssa/jsondiff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/apply"
)

// Ignored are the paths of a manifest, as JSON pointers, that keep whatever value they
// have once the object is there: those of spec.ignore of the Kustomization that
// deploys it.
type Ignored map[*unstructured.Unstructured][]string

// note notes what a Kustomization ignores of its objects.
func (i Ignored) note(ks kustomizev1.Kustomization, objects []*unstructured.Unstructured) error {
	rules := make([]jsondiff.IgnoreRule, 0, len(ks.Spec.Ignore))
	for _, rule := range ks.Spec.Ignore {
		one := jsondiff.IgnoreRule{Paths: rule.Paths}
		if t := rule.Target; t != nil {
			one.Selector = &jsondiff.Selector{
				Group: t.Group, Version: t.Version, Kind: t.Kind, Name: t.Name, Namespace: t.Namespace,
				AnnotationSelector: t.AnnotationSelector, LabelSelector: t.LabelSelector,
			}
		}
		rules = append(rules, one)
	}
	compiled, err := jsondiff.CompileIgnoreRules(rules)
	if err != nil {
		return fmt.Errorf("spec.ignore: %w", err)
	}
	for selector, paths := range compiled {
		for _, o := range objects {
			if selector.MatchUnstructured(o) {
				i[o] = append(i[o], paths...)
			}
		}
	}
	return nil
}

// leaveOut takes the paths out of both sides. Flux compares without them, and writes of
// them what is there.
func leaveOut(found apply.Difference, paths []string) error {
	if found.Before == nil || found.After == nil {
		return nil
	}
	for _, side := range []*unstructured.Unstructured{found.Before, found.After} {
		if err := jsondiff.ApplyPatchToUnstructured(side, jsondiff.GenerateRemovePatch(paths...)); err != nil {
			return fmt.Errorf("%s: leaving out what spec.ignore names: %w", found.Ref, err)
		}
	}
	return nil
}
