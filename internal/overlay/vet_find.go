package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	yamlv3 "go.yaml.in/yaml/v3"
)

// found is what an entry names.
type found struct {
	*origin
	// name is that of a file or folder in the origin.
	name   string
	folder bool
	// entry is set when it was fetched.
	entry string
}

// find returns what an entry names in the origin of the kustomization.yaml, or
// elsewhere. Without it the entry has been left out, or is an error.
func (p *place) find(field, entry string, get fetch) *found {
	if isURL(entry) {
		return p.elsewhere(field, entry, get)
	}
	target := filepath.Join(p.dir, entry)
	info, err := p.tree.Stat(target)
	switch {
	case filepath.IsAbs(entry):
		p.fail(field, fmt.Errorf("%q is absolute: name it as it is seen from the folder of the file", entry))
	case err == nil && info.IsDir() && isRepository(entry): // kustomize would not look for the folder
		return p.elsewhere(field, entry, get)
	case err == nil:
		return &found{origin: p.origin, name: target, folder: info.IsDir()}
	case isAddress(entry):
		return p.elsewhere(field, entry, get)
	case errors.Is(err, fs.ErrNotExist):
		p.fail(field, fmt.Errorf("there is no file or folder %q", entry))
	default:
		p.fail(field, err)
	}
	return nil
}

// elsewhere fetches what an entry names, where somebody asked for that, and else
// leaves it out.
func (p *place) elsewhere(field, entry string, get fetch) *found {
	if get == nil {
		p.leaveOut(field, entry)
		return nil
	}
	began := time.Now() //nolint:forbidigo // a build takes real time
	out, err := p.follow(entry, get)
	p.repository.watch.deadline = p.repository.watch.deadline.Add(time.Since(began)) // it has a bound of its own
	if err != nil {
		p.failAt(field, entry, fmt.Errorf("%q: %w", withoutLogin(entry), err))
	}
	return out
}

// failAt names the line of an entry too, as what is wrong is in no file at hand.
func (p *place) failAt(field, entry string, err error) {
	if p.err == nil {
		p.err = fmt.Errorf("%s%s: %s: %w", p.show(p.file), p.line(entry), field, err)
	}
}

// failOf says what is wrong with what was found.
func (p *place) failOf(field string, it *found, err error) {
	if it.entry == "" {
		p.fail(field, err)
		return
	}
	p.failAt(field, it.entry, err)
}

// follow fetches what an entry names, and looks for it there.
func (p *place) follow(entry string, get fetch) (*found, error) {
	got, err := get(entry)
	if err != nil {
		return nil, err
	}
	in, err := p.repository.enter(got, p.origin)
	if err != nil {
		return nil, err
	}
	name := filepath.Clean(got.Path)
	info, err := in.tree.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s has no file or folder %q: correct the path or the ref", in.name, name)
	case err != nil:
		return nil, err
	}
	return &found{in, name, info.IsDir(), entry}, nil
}

var loginInURL = regexp.MustCompile(`://[^/?#]*@`)

// withoutLogin is an entry as it may be shown.
func withoutLogin(entry string) string { return loginInURL.ReplaceAllString(entry, "://…@") }

// line is where an entry stands in its file, as :LINE.
func (p *place) line(entry string) string {
	text, err := p.read(p.file)
	if err != nil {
		return ""
	}
	var document yamlv3.Node
	if err := yamlv3.Unmarshal(text, &document); err != nil {
		return ""
	}
	if line := lineOf(&document, entry); line > 0 {
		return fmt.Sprintf(":%d", line)
	}
	return ""
}

// lineOf finds a value that ends in an entry, as KEY=FILE does.
func lineOf(node *yamlv3.Node, entry string) int {
	if node.Kind == yamlv3.ScalarNode && strings.HasSuffix(node.Value, entry) {
		return node.Line
	}
	for _, inner := range node.Content {
		if line := lineOf(inner, entry); line > 0 {
			return line
		}
	}
	return 0
}
