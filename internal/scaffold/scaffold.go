// Package scaffold writes the set-up of previews for one service.
//
//	setup, err := scaffold.Derive(ctx, scaffold.Answers{Forge: "github", Service: "cart", …})
//
// What it writes are the files of examples/, which are tested, with the names of
// the service, its forge and its manifests in the place of the examples'. The
// service's own manifests are read, built as Flux builds them, to see which
// Deployment, Service and Ingress there are.
package scaffold

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/eddy-previews/eddy/examples"
	"github.com/eddy-previews/eddy/internal/overlay"
)

// File is a file to write.
type File struct {
	// Path below the root, with slashes.
	Path string
	Text string
	// Shared with other services: one that is there already is right.
	Shared bool
	// Amended is one that is there, with lines more.
	Amended bool
}

// Setup is what is to be written.
type Setup struct {
	// Files in the order in which a person reads them.
	Files []File
	// Stripped are the cluster-scoped kinds of the base that previews do not get.
	Stripped []string
	// LeftOut is what the base takes in from elsewhere, and was not looked at.
	LeftOut []overlay.LeftOut
	// Unlisted are the files that a person has to tell Flux of.
	Unlisted Unlisted
}

// Derive returns the set-up. Nothing is written. The error names the flag of
// each answer that is wrong.
func Derive(ctx context.Context, a Answers) (Setup, error) {
	if err := a.check(); err != nil {
		return Setup{}, err
	}
	a.Base, a.FluxPath = path.Clean(a.Base), path.Clean(a.FluxPath)
	base, err := readBase(ctx, a)
	if err != nil {
		return Setup{}, fmt.Errorf("--base: %w", err)
	}
	if err := base.choose(a); err != nil {
		return Setup{}, fmt.Errorf("--image: %w", err)
	}
	forge, err := forgeOf(a.Forge)
	if err != nil {
		return Setup{}, fmt.Errorf("--forge: %w", err)
	}
	d := &derivation{answers: a, base: base, forge: forge}
	d.watching()
	d.deployment()
	d.shared()
	d.overlay()
	out := Setup{Files: d.files, LeftOut: base.leftOut, Unlisted: d.unlisted}
	for _, kind := range base.clusterScoped {
		out.Stripped = append(out.Stripped, kind.kind)
	}
	return out, d.err
}

// derivation collects files, and stops at the first error.
type derivation struct {
	answers  Answers
	base     base
	forge    forge
	files    []File
	unlisted Unlisted
	err      error
}

// previews is the folder of the provider and the ResourceSet, template that of
// the overlay.
func (d *derivation) previews() string {
	return path.Join(d.answers.FluxPath, "apps", d.answers.Service, "previews")
}
func (d *derivation) template() string {
	return path.Join(d.answers.FluxPath, "apps", d.answers.Service, "pr-template")
}

// change replaces a text of an example by another.
type change struct{ from, to string }

// add derives a file from an example. A change that finds nothing is an error:
// the example is no longer what this package expects.
func (d *derivation) add(to, example string, changes ...change) {
	text, err := fs.ReadFile(examples.Files, example)
	if err != nil {
		d.fail(err)
		return
	}
	out := string(text)
	for _, c := range changes {
		if !strings.Contains(out, c.from) {
			d.fail(fmt.Errorf("examples/%s has no %q", example, c.from))
		}
		out = strings.ReplaceAll(out, c.from, c.to)
	}
	d.files = append(d.files, File{Path: to, Text: out})
}

// example returns a file of the example's overlay.
func (d *derivation) example(name string) string {
	text, err := fs.ReadFile(examples.Files, overlayExample+name)
	if err != nil {
		d.fail(err)
	}
	return string(text)
}

func (d *derivation) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// watching derives provider, ResourceSet, Secret and CI.
func (d *derivation) watching() {
	a := d.answers
	namespace := change{"namespace: app-dev", "namespace: " + a.Namespace}
	d.add(path.Join(d.previews(), "provider.yaml"), d.forge.examples+"/provider.yaml", namespace,
		change{"name: api-prs", "name: " + a.Service + "-prs"},
		change{d.forge.url + " # TO CHANGE", a.URL})
	d.add(path.Join(d.previews(), "resourceset.yaml"), d.forge.examples+"/resourceset.yaml", namespace,
		change{"name: api-pr-envs", "name: " + a.Service + "-pr-envs"},
		change{"name: api-prs", "name: " + a.Service + "-prs"},
		change{"name: api-pr-<<", "name: " + a.Service + "-pr-<<"},
		change{"./clusters/eks/apps/api/pr-template", "./" + d.template()})
	d.add(path.Join(d.previews(), "secret.example.yaml"), d.forge.examples+"/secret.example.yaml", namespace,
		change{"-n app-dev", "-n " + a.Namespace})
	d.add(path.Join(d.previews(), d.forge.ci), d.forge.examples+"/"+d.forge.ci,
		change{"registry.example.com/api", a.Image})
	if last := &d.files[len(d.files)-1]; d.err == nil {
		last.Text = strings.NewReplacer("registry.example.com", registryOf(a.Image), " # TO CHANGE\n", "\n").Replace(last.Text)
	}
}

// relative is the base as the overlay names it.
func (d *derivation) relative() string {
	out, err := filepath.Rel(filepath.FromSlash(d.template()), filepath.FromSlash(path.Clean(d.answers.Base)))
	if err != nil {
		d.fail(err)
	}
	return filepath.ToSlash(out)
}
