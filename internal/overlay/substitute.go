package overlay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/envsubst"
	"github.com/fluxcd/pkg/envsubst/parse"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/resource"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// The bounds of substitution.
const (
	// maxSubstituted is how many bytes an object may come to, or any text on the
	// way to it.
	maxSubstituted = 10 << 20
	// maxNested is how many ${ may be in each other.
	maxNested = 100
)

// substitute replaces the variables of a template as the controller does.
func (r *Repository) substitute(ctx context.Context, from *template, ks kustomizev1.Kustomization, flux unstructured.Unstructured) (*resource.Resource, error) {
	res := from.resource.DeepCopy()
	if ks.Spec.PostBuild == nil {
		return res, nil
	}
	for _, from := range ks.Spec.PostBuild.SubstituteFrom {
		if !from.Optional {
			return nil, fmt.Errorf("postBuild.substituteFrom %s %q %w: give them in postBuild.substitute", from.Kind, from.Name, ErrNeedsCluster)
		}
	}
	if err := boundSubstitution(from.text, ks); err != nil {
		return nil, fmt.Errorf("substituting postBuild variables: %w", err)
	}
	// A dry run needs no client: it reads nothing from the cluster.
	_, err := kustomize.SubstituteVariables(ctx, nil, flux, res,
		kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(!r.Lenient), kustomize.SubstituteWithAlways(always(ks)))
	if err != nil {
		return nil, fmt.Errorf("substituting postBuild variables: %w", err)
	}
	return res, nil
}

// always reports whether defaults are put in where there are no variables.
func always(ks kustomizev1.Kustomization) bool {
	return ks.GetSubstituteStrategy() == kustomizev1.SubstituteStrategyAlways
}

// boundSubstitution refuses an object that substitution makes too large, which may
// be asked for in few characters, or too deep. What is wrong in another way is left
// to the controller's code, which says so.
func boundSubstitution(text string, ks kustomizev1.Kustomization) error {
	variables := ks.Spec.PostBuild.Substitute
	if len(variables) == 0 && !always(ks) {
		return nil
	}
	if nested(text) > maxNested {
		return fmt.Errorf("more than %d ${ are in each other", maxNested)
	}
	tree, err := parse.Parse(text)
	if err != nil {
		return nil //nolint:nilerr // the controller's code says so
	}
	value := func(name string) string { return strings.ReplaceAll(variables[name], "\n", "") }
	if most(tree.Root, value) > maxSubstituted {
		return fmt.Errorf("the object may come to more than %d MiB: take fewer or shorter variables, or replace less in them", maxSubstituted>>20)
	}
	output, err := envsubst.Eval(text, func(name string) (string, bool) { return value(name), true })
	if err != nil {
		return nil //nolint:nilerr // the controller's code says so
	}
	if manifest.Bound("", []byte(output)) != nil {
		return errors.New("the object has aliases, or values in each other, without end")
	}
	return nil
}

// nested returns how many ${ are in each other at most.
func nested(text string) int {
	open, deepest := 0, 0
	for i := range len(text) {
		switch {
		case text[i] == '{' && i > 0 && text[i-1] == '$':
			open++
			deepest = max(deepest, open)
		case text[i] == '}':
			open = max(open-1, 0)
		}
	}
	return deepest
}

// most returns how many bytes a part of a template comes to at most. It is no
// integer, as products of lengths do not fit one.
func most(node parse.Node, value func(name string) string) float64 {
	switch node := node.(type) {
	case *parse.TextNode:
		return float64(len(node.Value))
	case *parse.ListNode:
		sum := 0.0
		for _, part := range node.Nodes {
			sum += most(part, value)
		}
		return sum
	case *parse.FuncNode:
		own, arguments := float64(len(value(node.Param))), 0.0
		for _, argument := range node.Args {
			arguments += most(argument, value)
		}
		if node.Name == "//" { // each character may be replaced, and what is between them
			return (own + 1) * (1 + arguments)
		}
		return 3*own + 3 + arguments // a character in capitals may be longer
	default:
		return maxSubstituted + 1
	}
}
