package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/files"
)

// previewsText are the Flux Kustomization that deploys provider and ResourceSet,
// and what it deploys: not the example of the Secret, nor the CI file.
const (
	previewsText = `# Deploys the watcher and the templater of %[1]s, once the namespace is there.
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: %[1]s-previews
  namespace: flux-system
spec:
  dependsOn:
    - name: app-common-dev
  interval: 10m
  retryInterval: 1m
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
  path: ./%[2]s
`
	deployedText = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - provider.yaml
  - resourceset.yaml
`
)

// deployer is the file of the Flux Kustomization.
func (d *derivation) deployer() string {
	return path.Join(d.answers.FluxPath, d.answers.Service+"-previews.yaml")
}

// deployment writes what lets Flux deploy provider and ResourceSet.
func (d *derivation) deployment() {
	d.files = append(d.files,
		File{Path: path.Join(d.previews(), "kustomization.yaml"), Text: deployedText},
		File{Path: d.deployer(), Text: fmt.Sprintf(previewsText, d.answers.Service, d.previews())})
}

// infrastructure is the folder of what all previews share.
const infrastructure = "infrastructure/app-common-dev"

// fleetExample is the folder that Flux deploys of the example.
const fleetExample = "fleet/clusters/eks/"

// shared derives what all previews share.
func (d *derivation) shared() {
	a, first := d.answers, len(d.files)
	d.listed()
	to := func(name string) string { return path.Join(a.FluxPath, name) }
	d.add(to("app-common-dev.yaml"), fleetExample+"app-common-dev.yaml", change{"Each api-pr-1234", "Each preview"},
		change{"./clusters/eks/", "./" + a.FluxPath + "/"})
	d.namespace(to(infrastructure))
	for i := first; i < len(d.files); i++ {
		d.files[i].Shared = true
	}
}

// namespace writes the namespace of previews, and lists it. One for other previews that
// is there already gets another beside it.
func (d *derivation) namespace(folder string) {
	const list, name = "/kustomization.yaml", "/namespace.yaml"
	file, made := name, change{"name: app-dev", "name: " + d.answers.Namespace}
	_, there := d.found.text(folder + name)
	if there && !d.found.makes(d.answers.Namespace) {
		file, d.apart = "/namespace-"+d.answers.Namespace+".yaml", d.answers.Namespace
	}
	listed, has := d.found.text(folder + list)
	if !has {
		d.add(folder+list, fleetExample+infrastructure+list, change{"  - clusterrole.yaml\n  - clusterrolebinding.yaml\n", ""}, change{"namespace.yaml", path.Base(file)})
	} else if unlisted := without(listed, path.Base(file)); file != name && len(unlisted) > 0 {
		if more, ok := listing(listed, unlisted); ok {
			d.files = append(d.files, File{Path: folder + list, Text: more, Amended: true})
		} else {
			d.unlisted = append(d.unlisted, Unlisted{In: folder + list, Names: unlisted})
		}
	}
	d.add(folder+file, fleetExample+infrastructure+name, made)
}

// kept keeps what Flux deploys of its folder now. Without a kustomization.yaml
// that is all below it, of which one that names less would let Flux delete the
// rest.
func (d *derivation) kept() []change {
	var names []string
	folder, err := files.Open(filepath.Join(d.answers.Root, filepath.FromSlash(d.answers.FluxPath)))
	if err == nil {
		names, err = deployedBelow(folder, func(name string) bool { return d.isOurs(path.Join(d.answers.FluxPath, name)) })
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.fail(fmt.Errorf("--flux-path: %w", err))
	}
	if len(names) == 0 {
		return nil
	}
	return []change{{"  # - flux-system # as made by flux bootstrap\n", "  - " + strings.Join(names, "\n  - ") + "\n"}}
}

// baseText is what Flux makes of a folder without a kustomization.yaml, which an overlay
// cannot build upon.
const baseText = `# What Flux deployed of this folder without this file, and goes on deploying. An overlay
# needs it to build upon.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - %s
`

// basis makes of the service's manifests what an overlay can build upon.
func (d *derivation) basis() {
	folder, err := files.Open(filepath.Join(d.answers.Root, filepath.FromSlash(d.answers.Base)))
	if err != nil || hasKustomization(folder, ".") {
		return // it was built before
	}
	names, err := deployedBelow(folder, func(string) bool { return false })
	if err != nil {
		d.fail(fmt.Errorf("--base: %w", err))
	}
	d.files = append(d.files, File{Path: path.Join(d.answers.Base, "kustomization.yaml"), Text: fmt.Sprintf(baseText, strings.Join(names, "\n  - "))})
}

// deployedBelow lists what Flux takes in where there is no kustomization.yaml.
func deployedBelow(folder *files.Folder, isOurs func(name string) bool) ([]string, error) {
	var names []string
	err := folder.Walk(".", func(name string, entry fs.DirEntry) error {
		found := filepath.ToSlash(name)
		switch {
		case isOurs(found):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir() && hasKustomization(folder, name):
			names = append(names, found)
			return fs.SkipDir
		case !entry.IsDir() && (path.Ext(found) == ".yaml" || path.Ext(found) == ".yml"):
			names = append(names, found)
		}
		return nil
	})
	return names, err
}

// isOurs reports whether a path below the root is written here.
func (d *derivation) isOurs(name string) bool {
	own := []string{
		d.previews(), d.template(), path.Join(d.answers.FluxPath, infrastructure),
		path.Join(d.answers.FluxPath, "app-common-dev.yaml"), d.deployer(),
	}
	return slices.Contains(own, name)
}

func hasKustomization(folder *files.Folder, dir string) bool {
	return slices.ContainsFunc(konfig.RecognizedKustomizationFileNames(), func(name string) bool {
		_, err := folder.Stat(filepath.Join(dir, name))
		return err == nil
	})
}
