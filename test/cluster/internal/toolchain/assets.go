package toolchain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Assets builds what is missing and returns a folder for KUBEBUILDER_ASSETS:
// it holds etcd and kube-apiserver, and Flux's CRDs in crds/flux.
func (b *Builder) Assets(ctx context.Context) (string, error) {
	if err := b.Build(ctx, Assets); err != nil {
		return "", err
	}
	links, name, err := b.assetLinks()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.Cache, "assets", name)
	if exists(dir) {
		return dir, nil
	}
	temp := fmt.Sprintf("%s.%d.tmp", dir, os.Getpid())
	if err := os.MkdirAll(filepath.Join(temp, "crds", "flux"), 0o750); err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(temp) }() // gone after the rename; left over otherwise
	for link, target := range links {
		if err := os.Symlink(target, filepath.Join(temp, link)); err != nil {
			return "", err
		}
	}
	// Another process may have been faster; its folder is as good as this one.
	if err := os.Rename(temp, dir); err != nil && !exists(dir) {
		return "", fmt.Errorf("putting the assets in place: %w", err)
	}
	return dir, nil
}

// assetLinks says which links the folder of assets holds, and the folder's
// name, which tells the versions of etcd and Kubernetes apart.
func (b *Builder) assetLinks() (links map[string]string, name string, err error) {
	kubernetes, err := b.Dir("kubernetes")
	if err != nil {
		return nil, "", err
	}
	flux, err := b.Dir("flux")
	if err != nil {
		return nil, "", err
	}
	links = map[string]string{
		"etcd":           filepath.Join(kubernetes, "etcd"),
		"kube-apiserver": filepath.Join(kubernetes, "kube-apiserver"),
	}
	name = filepath.Base(kubernetes) + "-" + filepath.Base(flux)
	crds, err := b.FluxCRDs()
	if err != nil {
		return nil, "", err
	}
	for _, dir := range crds {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			return nil, "", err
		}
		for _, file := range files {
			links[filepath.Join("crds", "flux", filepath.Base(file))] = file
		}
	}
	return links, shortName(name), nil
}

// FluxCRDs are the folders that hold the CRDs of the Flux controllers.
func (b *Builder) FluxCRDs() ([]string, error) {
	flux, err := b.Dir("flux")
	if err != nil {
		return nil, err
	}
	return []string{
		filepath.Join(flux, "crds", "source-controller"), filepath.Join(flux, "crds", "kustomize-controller"),
		filepath.Join(flux, "crds", "helm-controller"), filepath.Join(flux, "crds", "notification-controller"),
	}, nil
}
