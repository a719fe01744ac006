package source

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Artifact is what is needed of an ExternalArtifact, an object in the cluster
// through which another controller offers what it has built.
type Artifact struct {
	Namespace, Name string
	// Revision of what it offers; empty until it offers anything.
	Revision string
	Labels   map[string]string
}

// externalArtifacts are those that a provider selects.
type externalArtifacts struct {
	list func(context.Context) ([]Artifact, error)
}

func newExternalArtifact(config Config) (lister, error) {
	if config.Artifacts == nil {
		return nil, fmt.Errorf("ExternalArtifact is for clusters: %w", ErrUnsupported)
	}
	return &externalArtifacts{list: config.Artifacts}, nil
}

// List implements Source. An artifact that several selectors pick counts once;
// they come by namespace and name.
func (e *externalArtifacts) List(ctx context.Context, _ Query) ([]Item, error) {
	artifacts, err := e.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the ExternalArtifacts: %w", err)
	}
	items := make([]Item, 0, len(artifacts))
	for _, artifact := range artifacts {
		item, err := artifact.item()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.Name, b.Name) })
	items = slices.CompactFunc(items, func(a, b Item) bool { return a.Name == b.Name })
	if len(items) > maxOwn {
		return nil, fmt.Errorf("spec.selectors pick %d ExternalArtifacts, and may pick at most %d: narrow them, or split the provider", len(items), maxOwn)
	}
	return items, nil
}

// Lookup implements Source. The API server tells all that there is, so what it
// does not list is gone.
func (e *externalArtifacts) Lookup(_ context.Context, name string) (Item, error) {
	return Item{}, fmt.Errorf("ExternalArtifact %s: %w", name, transport.ErrNotFound)
}

// item is an input set of its labels and of what identifies it. One that offers
// nothing yet has no revision.
func (a Artifact) item() (Item, error) {
	texts := map[string]string{}
	maps.Copy(texts, a.Labels)
	texts["namespace"], texts["name"] = a.Namespace, a.Name
	if a.Revision != "" {
		texts["revision"] = a.Revision
	}
	values := make(v1.ResourceSetInput, len(texts))
	for key, text := range texts {
		raw, err := json.Marshal(text)
		if err != nil {
			return Item{}, fmt.Errorf("encoding %s of ExternalArtifact %s/%s: %w", key, a.Namespace, a.Name, err)
		}
		values[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	return Item{Name: a.Namespace + "/" + a.Name, Values: values}, nil
}
