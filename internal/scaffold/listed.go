package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/examples"
	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// Unlisted are the files that Flux does not find, as a kustomization.yaml of
// somebody else's does not name them.
type Unlisted struct {
	// In is the file that is to name them, below the root.
	In    string
	Names []string
}

// listed sees to it that Flux finds what is written: where its folder has a
// kustomization.yaml, that has to name it. One that was written here gets a line
// more; one of somebody else's is left as it is, and they are told.
func (d *derivation) listed() {
	const name = fleetExample + "kustomization.yaml"
	own := path.Base(d.deployer())
	there, text, err := d.kustomization()
	switch {
	case err != nil:
		d.fail(fmt.Errorf("--flux-path: %w", err))
	case there == "":
		d.add(path.Join(d.answers.FluxPath, "kustomization.yaml"), name,
			append(d.kept(), change{"  - app-common-dev.yaml\n", "  - app-common-dev.yaml\n  - " + own + "\n"})...)
	default:
		unlisted := without(text, "app-common-dev.yaml", own)
		example, err := fs.ReadFile(examples.Files, name)
		if err != nil {
			d.fail(err)
		}
		header, _, _ := strings.Cut(string(example), "\n")
		more, ok := listing(text, unlisted)
		if ok && strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), header) {
			d.files = append(d.files, File{Path: there, Text: more, Amended: true})
			return
		}
		if len(unlisted) > 0 {
			d.unlisted = append(d.unlisted, Unlisted{In: there, Names: unlisted})
		}
	}
}

// kustomization returns the name, below the root, and the text of the
// kustomization.yaml in the folder that Flux deploys; "" where there is none.
func (d *derivation) kustomization() (name, text string, err error) {
	root, err := files.Open(d.answers.Root)
	if err != nil {
		return "", "", err
	}
	for _, candidate := range konfig.RecognizedKustomizationFileNames() {
		name := path.Join(d.answers.FluxPath, candidate)
		found, err := root.Read(filepath.FromSlash(name))
		switch {
		case err == nil:
			return name, string(found), nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", "", err
		}
	}
	return "", "", nil
}

// resources is the list of a kustomization.yaml; nil where there is none.
func resources(text string) *yamlv3.Node {
	documents, err := manifest.Parse("kustomization.yaml", []byte(text))
	if err != nil || len(documents) == 0 {
		return nil // kustomize says what is wrong with it
	}
	if list := documents[0].At("resources"); list != nil && list.Kind == yamlv3.SequenceNode {
		return list
	}
	return nil
}

// without returns the names that a kustomization.yaml does not list.
func without(text string, names ...string) []string {
	list := resources(text)
	return slices.DeleteFunc(names, func(name string) bool {
		return list != nil && slices.ContainsFunc(list.Content, func(item *yamlv3.Node) bool { return path.Clean(item.Value) == name })
	})
}

// listing adds names to the resources of a kustomization.yaml, and leaves every
// other line as it is. It reports whether that can be done, and is needed.
func listing(text string, names []string) (string, bool) {
	list := resources(text)
	if len(names) == 0 || list == nil || list.Style&yamlv3.FlowStyle != 0 || len(list.Content) == 0 {
		return "", false
	}
	last := list.Content[len(list.Content)-1].Line
	lines := strings.SplitAfter(text, "\n")
	indent, _, _ := strings.Cut(lines[last-1], "-")
	lines[last-1] = strings.TrimRight(lines[last-1], "\r\n") + "\n"
	for _, name := range names {
		lines[last-1] += indent + "- " + name + "\n"
	}
	out := strings.Join(lines, "")
	return out, len(without(out, slices.Clone(names)...)) == 0
}
