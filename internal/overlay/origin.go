package overlay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Tree is a folder that files are read of. No link in it leads out of it, and
// what it reads has bounds. A name is relative to it.
type Tree interface {
	// Resolve returns the name of what a name leads to when all links are followed.
	Resolve(name string) (string, error)
	// Stat tells what a name leads to.
	Stat(name string) (fs.FileInfo, error)
	// Read returns the text of a file.
	Read(name string) ([]byte, error)
}

// Remote fetches what an overlay names by address. An error says what to do.
type Remote interface {
	// Base returns the folder or file that an entry names where kustomize takes either.
	Base(ctx context.Context, entry string) (Fetched, error)
	// File returns the file that an entry names where kustomize takes nothing else.
	File(ctx context.Context, entry string) (Fetched, error)
}

// Fetched is what is at an address.
type Fetched struct {
	// Name is the same for all that is in the same tree.
	Name string
	Tree Tree
	// Path is the folder or file that is meant, in the tree.
	Path string
}

// maxSteps is how often what was fetched may name something that is fetched in turn.
const maxSteps = 8

// origin is where a kustomization.yaml and the files that it names are: the
// repository, or what was fetched. A name in one leads nowhere in another.
type origin struct {
	tree Tree
	// name is what messages call it, "" for the repository.
	name string
	// path is where kustomize finds it.
	path string
	// steps lead from the repository to it.
	steps int
	texts map[string][]byte
}

// show is how messages name a file.
func (o *origin) show(file string) string {
	if o.name == "" {
		return file
	}
	return o.name + ": " + file
}

// at is where kustomize finds a file or folder.
func (o *origin) at(name string) string { return filepath.Join(o.path, name) }

// read returns the text of a file, which is read once.
func (o *origin) read(name string) ([]byte, error) {
	name = filepath.Clean(name)
	if text, known := o.texts[name]; known {
		return text, nil
	}
	text, err := o.tree.Read(name)
	if err != nil {
		return nil, err
	}
	o.texts[name] = text
	return text, nil
}

// readYAML returns the text of a file that is YAML.
func (o *origin) readYAML(name string) ([]byte, error) {
	text, err := o.read(name)
	if err == nil {
		err = manifest.Bound(name, text)
	}
	return text, err
}

// kustomizationFile returns the file that says how a folder is built, "" when it
// has none.
func (o *origin) kustomizationFile(dir string) (string, error) {
	found := ""
	for _, base := range konfig.RecognizedKustomizationFileNames() {
		name := filepath.Join(dir, base)
		info, err := o.tree.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", err
		case info.IsDir():
			return "", fmt.Errorf("%s: is a folder, not a file", name)
		case found != "":
			return "", fmt.Errorf("%s and %s: kustomize reads one, and refuses several", found, base)
		default:
			found = name
		}
	}
	return found, nil
}

// enter returns the origin of what was fetched. Kustomize finds it beside the
// repository, where no name of the repository leads.
func (r *Repository) enter(got Fetched, from *origin) (*origin, error) {
	if known, there := r.fetched[got.Name]; there {
		return known, nil
	}
	if from.steps >= maxSteps {
		return nil, fmt.Errorf("it is named by what was fetched, and that too, %d times over: no more is followed", maxSteps)
	}
	path := fmt.Sprintf("%s (fetched)%c%d", r.home.path, filepath.Separator, len(r.fetched))
	out := &origin{tree: got.Tree, name: got.Name, path: path, steps: from.steps + 1, texts: map[string][]byte{}}
	r.fetched[got.Name] = out
	return out, nil
}
