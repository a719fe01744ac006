package scaffold

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/files"
	repository "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/source"
)

// found is what stands in a fleet repository already.
type found struct {
	root *files.Folder
	// watchers are the providers that watch pull requests.
	watchers []watcher
	// dockerfiles are the folders with a Dockerfile.
	dockerfiles []string
	// documents are all others, by their kinds, with the files that they are in.
	documents map[string][]*manifest.Document
	// err is why not everything was looked at, nil when it was.
	err error
}

// watcher is a provider, and the file that it is in.
type watcher struct {
	*v1.ResourceSetInputProvider
	file string
}

// kinds are those that are of interest.
func kinds() []string {
	return []string{"kind: ResourceSetInputProvider", "kind: Deployment", "kind: Namespace", "kind: GitRepository"}
}

// find looks through a fleet repository, as far as that can be done: a file that is no
// YAML, a chart's template for one, is none of our business.
func find(root string) *found {
	out := &found{documents: map[string][]*manifest.Document{}}
	out.root, out.err = files.Open(root)
	if out.err == nil {
		out.err = out.root.Walk(".", out.visit)
	}
	return out
}

func (f *found) visit(name string, entry fs.DirEntry) error {
	base := entry.Name()
	switch {
	case entry.IsDir() && (strings.HasPrefix(base, ".") && base != "." || base == "node_modules" || base == "vendor"):
		return fs.SkipDir
	case entry.IsDir():
	case base == "Dockerfile":
		f.dockerfiles = append(f.dockerfiles, path.Dir(filepath.ToSlash(name)))
	case strings.HasSuffix(base, ".yaml"), strings.HasSuffix(base, ".yml"):
		text, err := f.root.Read(name)
		if err != nil {
			return err
		}
		f.add(filepath.ToSlash(name), text)
	}
	return nil
}

func (f *found) add(file string, text []byte) {
	if !slices.ContainsFunc(kinds(), func(kind string) bool { return strings.Contains(string(text), kind) }) {
		return
	}
	documents, err := manifest.Parse(file, text)
	if err != nil {
		return // it is somebody else's to say so
	}
	for _, document := range documents {
		kind := document.Object.GetKind()
		if !document.Is(v1.Group, v1.ResourceSetInputProviderKind) {
			f.documents[kind] = append(f.documents[kind], document)
			continue
		}
		provider := &v1.ResourceSetInputProvider{}
		_ = document.Decode(provider) // eddy lint says what is wrong with it
		if kind, err := source.TypeOf(provider.Spec.Type); err == nil && kind.Watches == source.Request {
			f.watchers = append(f.watchers, watcher{provider, file})
		}
	}
}

// service that a provider is of, as it is called where it was written here.
func (w watcher) service() string { return strings.TrimSuffix(w.Name, "-prs") }

// gates are the labels without which a request is no input.
func (w watcher) gates() []string {
	var out []string
	if w.Spec.Filter != nil {
		out = append(out, w.Spec.Filter.Labels...)
	}
	if w.Spec.Skip != nil {
		for _, label := range w.Spec.Skip.Labels {
			if name, required := strings.CutPrefix(label, "!"); required {
				out = append(out, name)
			}
		}
	}
	return out
}

// neighbours are the providers of other services that watch the same repository. One
// of a name is one service, in however many clusters it has previews.
func (f *found) neighbours(a Answers) []watcher {
	var out []watcher
	for _, one := range f.watchers {
		known := slices.ContainsFunc(out, func(w watcher) bool { return w.Name == one.Name })
		if !known && one.service() != a.Service && repository.IsSame(one.Spec.URL, a.URL) {
			out = append(out, one)
		}
	}
	return out
}

// text is that of a file of the fleet, where it is there.
func (f *found) text(name string) (string, bool) {
	if f.root == nil {
		return "", false
	}
	text, err := f.root.Read(filepath.FromSlash(name))
	return string(text), err == nil
}

// makes reports whether a file of the fleet makes a namespace.
func (f *found) makes(namespace string) bool {
	return slices.ContainsFunc(f.documents["Namespace"], func(d *manifest.Document) bool { return d.Object.GetName() == namespace })
}

// label that CI sets for the service: where another one has requests of the same
// repository, one of its own.
func (a Answers) label(neighbours []watcher) string {
	switch {
	case a.Label != "":
		return a.Label
	case len(neighbours) > 0:
		return "build/" + a.Service + "-ready"
	}
	return defaultLabel
}

// checkGate refuses the label of another service.
func checkGate(label string, neighbours []watcher) error {
	for _, one := range neighbours {
		if slices.Contains(one.gates(), label) {
			return fmt.Errorf("--label: %s waits for %q already, for requests of the same repository (%s): what CI says of one image would deploy both; give each service its own", one.Name, label, one.file)
		}
	}
	return nil
}

// jobs are what CI does for the service, and for the others of its repository of
// which the fleet tells what they build.
func (d *derivation) jobs() []job {
	a := d.answers
	own := job{service: a.Service, image: a.Image, label: a.label(d.neighbours), proves: a.provesImage(), folder: d.found.buildPath(a), dockerfile: a.Dockerfile, globs: a.globs()}
	var out []job
	for _, one := range d.neighbours {
		other, known := d.found.job(one, d.forge.pipeline.file)
		if known && (other.label != "" || other.proves || !d.forge.hasLabels()) {
			d.ciFile.Builds = append(d.ciFile.Builds, other.service)
			out = append(out, other)
			continue
		}
		d.ciFile.Others = append(d.ciFile.Others, one.Name)
	}
	return append(out, own)
}

// job tells what CI does for a service whose previews were written here.
func (f *found) job(w watcher, ci string) (out job, known bool) {
	previews := path.Dir(w.file)
	text, err := f.root.Read(filepath.FromSlash(path.Join(previews, "..", "pr-template", "kustomization.yaml")))
	if err != nil {
		return job{}, false
	}
	documents, err := manifest.Parse(w.file, text)
	if err != nil || len(documents) == 0 {
		return job{}, false
	}
	image := documents[0].At("images", 0, "name")
	if image == nil {
		return job{}, false
	}
	out = job{service: w.service(), image: image.Value, proves: w.Spec.Gate != nil && len(w.Spec.Gate.Images) > 0}
	if gates := w.gates(); len(gates) > 0 {
		out.label = gates[0]
	}
	if w.Spec.Filter != nil {
		out.globs = w.Spec.Filter.Paths
	}
	if !out.isPlain() {
		return job{}, false
	}
	built := f.built(path.Join(previews, ci), out.image)
	out.folder, out.dockerfile = f.buildPath(Answers{Paths: out.globs, BuildPath: built.folder}), built.dockerfile
	return out, true
}

// isPlain reports whether what somebody wrote by hand can stand in a script.
func (j job) isPlain() bool {
	return label.MatchString(j.service) && isImage(j.image) && (j.label == "" || plainLabel.MatchString(j.label)) &&
		!slices.ContainsFunc(j.globs, func(glob string) bool { return checkGlob(glob) != nil })
}

// built is what a CI file builds an image from; nothing where it does not say.
func (f *found) built(ci, image string) job {
	text, _ := f.text(ci) // it may have been moved, as it is meant to be
	_, after, found := strings.Cut(text, image+":")
	match := builds.FindStringSubmatch(after)
	if !found || match == nil {
		return job{}
	}
	out := job{folder: match[2]}
	if file := dockerfiles.FindStringSubmatch(match[1]); file != nil {
		out.dockerfile = file[1]
	}
	return out
}

// buildPath is the folder of the Dockerfile in the repository of the service: the one
// that its globs begin with, unless the Dockerfile can be seen to be elsewhere.
func (f *found) buildPath(a Answers) string {
	if a.BuildPath != "" {
		return path.Clean(a.BuildPath)
	}
	globs := a.globs()
	if len(globs) == 0 || a.Dockerfile != "" {
		return "."
	}
	folder := literal(globs[0])
	if !slices.Contains(f.dockerfiles, folder) && slices.Contains(f.dockerfiles, ".") {
		return "."
	}
	return folder
}

// literal is the folder that a glob is below, as far as it has no wildcards.
func literal(glob string) string {
	if i := strings.IndexAny(glob, `*?[{\`); i >= 0 {
		glob = glob[:i] + "x"
	}
	return path.Dir(glob)
}
