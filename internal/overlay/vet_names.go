package overlay

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// manifests vets a file of manifests, or a folder that is built upon.
func (p *place) manifests(field, entry string) (string, bool) {
	it := p.find(field, entry, p.fetchBase)
	switch {
	case it == nil:
		return "", false
	case it.folder:
		return p.layer(field, it)
	default:
		return p.text(field, it)
	}
}

// base vets a folder that is built upon.
func (p *place) base(field, entry string) (string, bool) {
	it := p.find(field, entry, p.fetchBase)
	switch {
	case it == nil:
		return "", false
	case !it.folder:
		p.fail(field, fmt.Errorf("%q is a file, not a folder", entry))
		return "", false
	default:
		return p.layer(field, it)
	}
}

func (p *place) layer(field string, it *found) (string, bool) {
	dir, err := it.tree.Resolve(it.name)
	var more cost
	if err == nil {
		more, err = p.vet(it.origin, dir)
	}
	if err != nil {
		p.failOf(field, it, err)
		return "", false
	}
	p.spend(field, more)
	return p.relative(it.at(dir)), true
}

// manifest vets a file that is YAML.
func (p *place) manifest(field, entry string) (string, bool) {
	it := p.find(field, entry, p.fetchFile)
	if it == nil {
		return "", false
	}
	return p.text(field, it)
}

// text gives kustomize a file that is YAML.
func (p *place) text(field string, it *found) (string, bool) {
	text, ok := p.load(field, it)
	if !ok || !p.bounded(field, it.show(it.name), text) {
		return "", false
	}
	return p.give(it, text), true
}

// load reads a file.
func (p *place) load(field string, it *found) ([]byte, bool) {
	text, err := it.read(it.name)
	if err != nil {
		p.failOf(field, it, err)
		return nil, false
	}
	p.spend(field, cost{bytes: len(text)})
	return text, true
}

// bounded reports whether YAML stays small when its aliases are written out.
func (p *place) bounded(field, name string, text []byte) bool {
	err := manifest.Bound(name, text)
	if err != nil {
		p.fail(field, err)
	}
	return err == nil
}

// give puts a file where kustomize reads it, and returns its name in the
// kustomization.yaml. One that is called like a kustomization.yaml gets another
// name: those are only ever what was vetted.
func (p *place) give(it *found, text []byte) string {
	target := it.at(it.name)
	if slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(target)) {
		target += " (as a file)"
	}
	p.fs.add(target, text)
	return p.relative(target)
}

// relative is how the kustomization.yaml names a file or folder: with a dot in
// front.
func (p *place) relative(target string) string {
	relative, err := filepath.Rel(p.at(p.dir), target)
	if err != nil { // both are absolute
		p.fail("", err)
	}
	relative = filepath.ToSlash(relative)
	if !strings.HasPrefix(relative, "../") && relative != ".." {
		relative = "./" + relative
	}
	return relative
}
