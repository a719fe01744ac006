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
	"cmp"
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

// CI is the CI file that is to be written.
type CI struct {
	// Builds are the other services of the repository that it builds too, and Others
	// the providers of which it is not known what they wait for.
	Builds, Others []string

	move string
}

// Move says what a person does with it, when it stands below a folder.
func (c CI) Move(folder string) string {
	out := fmt.Sprintf(c.move, folder)
	if len(c.Builds) > 0 {
		out += "; it takes the place of the one for " + strings.Join(c.Builds, " and ") + ", and builds that too"
	}
	if len(c.Others) > 0 {
		out += "; put into it what CI does for " + strings.Join(c.Others, " and ")
	}
	return out
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
	Unlisted []Unlisted
	// Namespace is the one of the previews where the fleet has those of others; "" where
	// it is theirs.
	Namespace string
	// Unrouted says that previews have no URL; nil when they have one.
	Unrouted *Unrouted
	// Unseen is why not all of the fleet was looked at; nil when it was.
	Unseen error
	// CI is the CI file among Files.
	CI CI
	// Proves is the image that requests wait for; "" where they wait for a label or nothing.
	Proves string
	// Telling is what is needed to tell requests; nil where they are told nothing.
	Telling *Telling
}

// Derive returns the set-up. Nothing is written. The error names the flag of
// each answer that is wrong.
func Derive(ctx context.Context, a Answers) (Setup, error) {
	return derive(ctx, a, nil, &reading{})
}

// derive is Derive, of a fleet that was looked through, and a base that may be read.
func derive(ctx context.Context, a Answers, seen *found, read *reading) (Setup, error) {
	a.Namespace = cmp.Or(a.Namespace, DefaultNamespace)
	if err := a.check(); err != nil {
		return Setup{}, err
	}
	base, err := read.of(ctx, a)
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
	if seen == nil {
		seen = find(a.Root)
	}
	a.Base, a.FluxPath = path.Clean(a.Base), path.Clean(a.FluxPath)
	d := &derivation{answers: a, base: base, forge: forge, found: seen, ciFile: CI{move: forge.pipeline.move}}
	d.neighbours = d.found.neighbours(a)
	d.watching()
	d.deployment()
	d.shared()
	d.basis()
	d.overlay()
	out := Setup{Files: d.files, LeftOut: base.leftOut, Unlisted: d.unlisted, Namespace: d.apart, CI: d.ciFile, Unseen: d.found.err, Unrouted: d.unrouted(), Telling: d.telling()}
	if a.provesImage() {
		out.Proves = a.Image
	}
	for _, kind := range base.clusterScoped {
		if kind.kind != "Namespace" { // previews have theirs, from infrastructure
			out.Stripped = append(out.Stripped, kind.kind)
		}
	}
	return out, d.err
}

// derivation collects files, and stops at the first error.
type derivation struct {
	answers Answers
	base    base
	forge   forge
	found   *found
	files   []File
	ciFile  CI
	// neighbours are other services with requests of the same repository.
	neighbours []watcher
	unlisted   []Unlisted
	// apart is the namespace where that of other previews is another.
	apart string
	err   error
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
	d.add(path.Join(d.previews(), "provider.yaml"), d.forge.examples+"/provider.yaml", append(d.gate(), namespace,
		change{"name: api-prs", "name: " + a.Service + "-prs"},
		change{d.forge.url + " # TO CHANGE", a.URL})...)
	d.tellRequests()
	d.add(path.Join(d.previews(), "resourceset.yaml"), d.forge.examples+"/resourceset.yaml", append(append(d.pinned(), d.probe()...), namespace,
		change{"name: api-pr-envs", "name: " + a.Service + "-pr-envs"},
		change{"name: api-prs", "name: " + a.Service + "-prs"},
		change{"name: api-pr-<<", "name: " + a.Service + "-pr-<<"},
		change{"./clusters/eks/apps/api/pr-template", "./" + d.template()})...)
	d.add(path.Join(d.previews(), "secret.example.yaml"), d.forge.examples+"/secret.example.yaml", namespace,
		change{"-n app-dev", "-n " + a.Namespace})
	d.tellWith()
	d.ci()
}

// probe asks no URL where previews have none.
func (d *derivation) probe() []change {
	if d.isRouted() {
		return nil
	}
	const asked = ", and\n    within: 10m # has failed when that takes longer, until it is ready after all\n    probe: {} # its URL answers; connectTo: SERVICE.NAMESPACE:443 of the ingress, where the operator cannot reach it by its name\n"
	return []change{{asked, "\n    within: 10m # it has failed when that takes longer, until it is ready after all\n"}}
}

// gate says which requests become inputs, and when.
func (d *derivation) gate() []change {
	var out []change
	switch {
	case d.answers.provesImage():
		out = d.gateByImage()
	case d.forge.hasLabels():
		label := d.answers.label(d.neighbours)
		if !plainLabel.MatchString(label) {
			d.fail(fmt.Errorf("--label: %q would be the label of %s, which is longer than 50 characters: give a shorter one", label, d.answers.Service))
		}
		if err := checkGate(label, d.neighbours); err != nil {
			d.fail(err)
		}
		out = append(out, change{`"!` + defaultLabel + `"`, `"!` + label + `"`})
	}
	if globs := d.answers.globs(); len(globs) > 0 {
		filter := "  filter:\n    paths: # of which a request has to touch one\n"
		for _, glob := range globs {
			filter += fmt.Sprintf("      - %q\n", glob)
		}
		out = append(out, change{"-auth\n", "-auth\n" + filter})
	}
	return out
}

// relative is the base as the overlay names it.
func (d *derivation) relative() string {
	out, err := filepath.Rel(filepath.FromSlash(d.template()), filepath.FromSlash(path.Clean(d.answers.Base)))
	if err != nil {
		d.fail(err)
	}
	return filepath.ToSlash(out)
}
