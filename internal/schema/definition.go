package schema

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/charts"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/suggest"
)

//go:embed flux/*/*.json
var ofFlux embed.FS

// ours is where the chart has Eddy's own.
const ours = "eddy/files/crds"

// definition is a CRD.
type definition struct {
	kind     schema.GroupKind
	versions map[string]*version
	// by is the version of Flux that it is of; "" for what is not Flux's.
	by string
}

// version is a version of a CRD that is served.
type version struct {
	props  *apiextensionsv1.JSONSchemaProps
	schema *spec.Schema
}

// files says where the definition of each kind is, by what stands in its name; of
// Flux's, within the folder of a version.
func files() map[schema.GroupKind]string {
	out := map[schema.GroupKind]string{
		{Group: v1.Group, Kind: v1.ResourceSetKind}:              ours + "/fluxcd.controlplane.io_resourcesets.yaml",
		{Group: v1.Group, Kind: v1.ResourceSetInputProviderKind}: ours + "/fluxcd.controlplane.io_resourcesetinputproviders.yaml",
	}
	for _, kind := range fluxKinds() {
		out[kind] = fmt.Sprintf("%s_%s.json", kind.Group, plural(kind.Kind))
	}
	return out
}

// fluxKinds are those of Flux that are known.
func fluxKinds() []schema.GroupKind {
	var out []schema.GroupKind
	for group, kinds := range map[string]string{
		flux.KustomizeGroup:              "Kustomization",
		"helm.toolkit.fluxcd.io":         "HelmRelease",
		"source.toolkit.fluxcd.io":       "GitRepository OCIRepository Bucket HelmRepository HelmChart ExternalArtifact",
		"notification.toolkit.fluxcd.io": "Alert Provider Receiver",
		"image.toolkit.fluxcd.io":        "ImageRepository ImagePolicy ImageUpdateAutomation",
		"source.extensions.fluxcd.io":    "ArtifactGenerator",
	} {
		for kind := range strings.FieldsSeq(kinds) {
			out = append(out, schema.GroupKind{Group: group, Kind: kind})
		}
	}
	return out
}

func plural(kind string) string {
	kind = strings.ToLower(kind)
	if stem, found := strings.CutSuffix(kind, "y"); found {
		return stem + "ies"
	}
	return kind + "s"
}

// definitions returns those of a kind: one for each version of Flux that is asked for,
// the newest first; none when the kind is not known.
func (k *Kinds) definitions(kind schema.GroupKind) ([]*definition, error) {
	if known, done := k.read[kind]; done {
		return known, nil
	}
	name, known := k.files[kind]
	if !known {
		return nil, nil
	}
	var out []*definition
	if strings.HasPrefix(name, ours) {
		one, err := read(charts.Eddy, name, kind)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	} else {
		for _, version := range k.flux {
			one, err := read(ofFlux, path.Join("flux", version, name), kind)
			if err != nil {
				return nil, err
			}
			one.by = version
			out = append(out, one)
		}
	}
	k.read[kind] = out
	return out, nil
}

func read(from fs.FS, name string, kind schema.GroupKind) (*definition, error) {
	text, err := fs.ReadFile(from, name)
	if err == nil {
		var out *definition
		if out, err = parse(kind, text); err == nil {
			return out, nil
		}
	}
	return nil, fmt.Errorf("reading the definition of %s: %w", kind, err)
}

func parse(kind schema.GroupKind, text []byte) (*definition, error) {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(text, crd); err != nil {
		return nil, err
	}
	out := &definition{kind: kind, versions: map[string]*version{}}
	for _, served := range crd.Spec.Versions {
		raw, err := json.Marshal(served.Schema.OpenAPIV3Schema)
		if err != nil {
			return nil, err
		}
		of := &version{props: served.Schema.OpenAPIV3Schema, schema: &spec.Schema{}}
		if err := json.Unmarshal(raw, of.schema); err != nil {
			return nil, err
		}
		out.versions[served.Name] = of
	}
	return out, nil
}

// ofUnknown says what is wrong with a kind that a group of which all are known does
// not have.
func (k *Kinds) ofUnknown(gvk schema.GroupVersionKind) []Fault {
	if gvk.Group == "kustomize.config.k8s.io" {
		return []Fault{{[]any{"apiVersion"}, fmt.Sprintf("no matches for kind %q in version %q: that is the file of kustomize, which no API server takes; did you mean %q?",
			gvk.Kind, gvk.GroupVersion(), flux.KustomizeGroup+"/v1")}}
	}
	var kinds, groups []string
	for kind := range k.files {
		groups = append(groups, kind.Group)
		if kind.Group == gvk.Group {
			kinds = append(kinds, kind.Kind)
		}
	}
	slices.Sort(kinds)
	slices.Sort(groups)
	switch {
	case gvk.Group == v1.Group && slices.Contains(othersKinds, gvk.Kind):
		return nil
	case len(kinds) > 0:
		return []Fault{{[]any{"kind"}, fmt.Sprintf("no matches for kind %q in version %q%s", gvk.Kind, gvk.GroupVersion(), suggest.Hint(gvk.Kind, kinds))}}
	case k.types.IsGroupRegistered(gvk.Group):
		return k.ofGroup(gvk)
	}
	if near := suggest.To(gvk.Group, slices.Compact(groups)); near != "" {
		return []Fault{{[]any{"apiVersion"}, fmt.Sprintf("no matches for kind %q in version %q; did you mean the group %q?", gvk.Kind, gvk.GroupVersion(), near)}}
	}
	return nil
}

// othersKinds are of the group of Eddy's kinds, and not Eddy's.
var othersKinds = []string{"FluxInstance", "FluxReport"}
