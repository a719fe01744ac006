package diff

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/overlay"
)

// deployment is what a Kustomization makes of a folder.
type deployment struct {
	ks        kustomizev1.Kustomization
	dir       string
	inventory []flux.Entry
	overlay.Result
}

// name is NAMESPACE/NAME of the Kustomization.
func (d *deployment) name() string { return d.ks.Namespace + "/" + d.ks.Name }

// deployerOf builds a folder as a Kustomization does.
func (r *Repository) deployerOf(ctx context.Context, from *unstructured.Unstructured, dir string) (*deployment, error) {
	out := &deployment{dir: dir, inventory: flux.Deployed(from)}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(from.Object, &out.ks); err != nil {
		return out, fmt.Errorf("reading it: %w", err)
	}
	if build := out.ks.Spec.PostBuild; build != nil { // what is written down wins over what is read
		values, err := kustomize.LoadVariables(ctx, r.Client, *from)
		if err != nil {
			return out, err
		}
		maps.Copy(values, build.Substitute)
		build.Substitute, build.SubstituteFrom = values, nil
	}
	built, err := buildAs(ctx, r.Root, dir, out.ks)
	out.Result = built
	return out, err
}

// buildAs builds a folder as a Kustomization does in the cluster, to which a variable
// without a value is empty.
func buildAs(ctx context.Context, root, dir string, ks kustomizev1.Kustomization) (overlay.Result, error) {
	fleet := overlay.Open(root)
	fleet.Lenient = true
	return fleet.Build(ctx, dir, ks)
}

// isOurs reports whether the Kustomization has deployed any of what was built: else
// it is one of another repository with such a path, or has never run.
func (d *deployment) isOurs() bool {
	known := map[object.Ref]bool{}
	for _, entry := range d.inventory {
		known[entry.Ref] = true
	}
	return slices.ContainsFunc(d.Objects, func(o *unstructured.Unstructured) bool { return known[object.RefOf(o)] })
}

// pick leaves of what was built that which comes of a file, or of a folder.
func (d *deployment) pick(ctx context.Context, root, path string) error {
	if filepath.Clean(path) == d.dir {
		return nil
	}
	wanted := map[string]bool{filepath.Clean(path): true}
	if isFolder(filepath.Join(root, path)) {
		alone, err := originsOf(ctx, root, path, kustomizev1.Kustomization{})
		if err != nil {
			return err
		}
		for _, origin := range alone {
			wanted[origin] = true
		}
	}
	origins, err := originsOf(ctx, root, d.dir, d.ks)
	if err != nil || len(origins) != len(d.Objects) {
		return err
	}
	var picked []*unstructured.Unstructured
	for i, o := range d.Objects {
		if wanted[origins[i]] {
			picked = append(picked, o)
		}
	}
	d.Objects = picked
	return nil
}

// originsOf tells of each object that is built which file it comes of, below the root;
// of a generated one the kustomization.yaml that says so, "" of what was fetched.
func originsOf(ctx context.Context, root, dir string, ks kustomizev1.Kustomization) ([]string, error) {
	ks.Spec.BuildMetadata = []kustomizev1.BuildMetadataOption{kustomizev1.BuildMetadataOriginAnnotations}
	built, err := buildAs(ctx, root, dir, ks)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(built.Objects))
	for _, o := range built.Objects {
		var origin struct{ Path, Repo, ConfiguredIn string }
		if err := yaml.Unmarshal([]byte(o.GetAnnotations()["config.kubernetes.io/origin"]), &origin); err != nil || origin.Repo != "" {
			out = append(out, "")
			continue
		}
		if origin.Path == "" {
			origin.Path = origin.ConfiguredIn
		}
		out = append(out, filepath.Join(dir, filepath.FromSlash(origin.Path)))
	}
	return out, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// applied are the objects as Flux applies them: with its labels, and without those
// that it leaves alone, or that it alone can read.
func (d *deployment) applied(warn func(string, ...any)) []*unstructured.Unstructured {
	for _, left := range d.LeftOut {
		warn("%s: %s names %q, which is not in the repository: it is not fetched, and not compared", left.File, left.Field, left.Shown())
	}
	var out []*unstructured.Unstructured
	for _, o := range d.Objects {
		if _, encrypted := o.Object["sops"]; encrypted {
			warn("%s %s is encrypted: it is not compared", o.GetKind(), o.GetName())
			continue
		}
		if told(o, "reconcile", kustomizev1.DisabledValue) || told(o, "ssa", kustomizev1.IgnoreValue) {
			continue
		}
		labels := maps.Clone(o.GetLabels())
		if labels == nil {
			labels = map[string]string{}
		}
		labels[flux.KustomizeGroup+"/name"], labels[flux.KustomizeGroup+"/namespace"] = d.ks.Name, d.ks.Namespace
		o.SetLabels(labels)
		out = append(out, o)
	}
	return out
}

// told reports whether an object tells kustomize-controller how to apply it.
func told(o *unstructured.Unstructured, how, value string) bool {
	key := flux.KustomizeGroup + "/" + how
	return strings.EqualFold(o.GetLabels()[key], value) || strings.EqualFold(o.GetAnnotations()[key], value)
}
