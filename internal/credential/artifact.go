package credential

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// artifacts returns how to list what a reference selects: as the account that it
// names, or that is the default of its namespace, with the permissions of that
// account; from the operator's cache where there is neither.
func (r *Reader) artifacts(ref Reference) func(context.Context) ([]source.Artifact, error) {
	return func(ctx context.Context) ([]source.Artifact, error) {
		reader := r.Client
		if account := cmp.Or(ref.ServiceAccount, r.ServiceAccount); account != "" {
			var err error
			if reader, err = r.As(ref.Namespace, account); err != nil {
				return nil, fmt.Errorf("acting as service account %s/%s: %w", ref.Namespace, account, err)
			}
		}
		var out []source.Artifact
		for n, selector := range ref.Selectors {
			found, err := selected(ctx, reader, ref.Namespace, selector)
			if apimeta.IsNoMatchError(err) {
				return nil, fmt.Errorf("the cluster does not know ExternalArtifact: install Flux 2.7 or later: %w", err)
			}
			if err != nil {
				return nil, fmt.Errorf("spec.selectors[%d]: %w", n, err)
			}
			out = append(out, found...)
		}
		return out, nil
	}
}

// selected lists the artifacts that one selector picks.
func selected(ctx context.Context, reader client.Reader, home string, selector v1.ArtifactSelector) ([]source.Artifact, error) {
	labelled, err := metav1.LabelSelectorAsSelector(&selector.LabelSelector)
	if err != nil {
		return nil, err
	}
	options := []client.ListOption{client.MatchingLabelsSelector{Selector: labelled}}
	if selector.Namespace != "*" {
		options = append(options, client.InNamespace(cmp.Or(selector.Namespace, home)))
	}
	var list sourcev1.ExternalArtifactList
	if err := reader.List(ctx, &list, options...); err != nil {
		return nil, err
	}
	var out []source.Artifact
	for _, found := range list.Items {
		if selector.Name != "" && selector.Name != found.Name {
			continue
		}
		artifact := source.Artifact{Namespace: found.Namespace, Name: found.Name, Labels: found.Labels}
		if offered := found.Status.Artifact; offered != nil {
			artifact.Revision = offered.Revision
		}
		out = append(out, artifact)
	}
	return out, nil
}

// Selects reports whether a provider's selectors pick an artifact.
func Selects(provider *v1.ResourceSetInputProvider, artifact client.Object) bool {
	return slices.ContainsFunc(provider.Spec.Selectors, func(selector v1.ArtifactSelector) bool {
		labelled, err := metav1.LabelSelectorAsSelector(&selector.LabelSelector)
		return err == nil && labelled.Matches(labels.Set(artifact.GetLabels())) &&
			(selector.Name == "" || selector.Name == artifact.GetName()) &&
			(selector.Namespace == "*" || cmp.Or(selector.Namespace, provider.Namespace) == artifact.GetNamespace())
	})
}
