package lint

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/files"
)

// maxTried is how many repairs are tried each on its own, where all of them together do
// not do.
const maxTried = 20

// Tried tries the repairs of findings, in a copy of the files: one that leaves its finding
// there, or brings another, is not offered, and the finding says so. What cannot be copied
// is not tried.
func (s *Setup) Tried(ctx context.Context, findings []Finding) []Finding {
	if !slices.ContainsFunc(findings, func(f Finding) bool { return len(f.Edits) > 0 }) {
		return findings
	}
	root, err := os.MkdirTemp("", "eddy-lint-")
	if err != nil {
		return findings
	}
	defer os.RemoveAll(root) //nolint:errcheck // it is the system's folder for what is left
	into, err := os.OpenRoot(root)
	if err != nil {
		return findings
	}
	defer into.Close() //nolint:errcheck // it is the files that are written
	at := trial{setup: s, root: root, into: into, before: kindsOf(findings, "")}
	if at.copy() != nil || at.helps(ctx, findings) {
		return findings
	}
	out := slices.Clone(findings)
	left := maxTried
	for n := range out {
		if len(out[n].Edits) == 0 {
			continue
		}
		if left--; left < 0 || !at.helps(ctx, out[n:n+1]) {
			out[n].Edits = nil
			out[n].Fix += "; that alone does not do here: it was tried, and left this finding or brought another"
		}
	}
	return out
}

// trial is a copy of the files.
type trial struct {
	setup *Setup
	root  string
	// into is root: nothing is written through a link that leads out of it.
	into   *os.Root
	before map[kind]int
}

// kind is what findings are told apart by: their lines move.
type kind struct{ rule, file string }

// kindsOf counts findings. Root is that of the copy.
func kindsOf(findings []Finding, root string) map[kind]int {
	out := map[kind]int{}
	for _, finding := range findings {
		out[kind{finding.Rule, originOf(finding.File, root)}]++
	}
	return out
}

func originOf(file, root string) string {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	return strings.TrimPrefix(absolute, root)
}

// copied is the name of a file in the copy.
func (t trial) copied(name string) string { return filepath.Join(t.root, originOf(name, "")) }

// within is the name of a file in the copy, below its root.
func (t trial) within(name string) string {
	return strings.TrimPrefix(originOf(name, ""), string(filepath.Separator))
}

// given are the files and folders that were read.
func (t trial) given() []string {
	var out []string
	for _, path := range t.setup.options.Paths {
		if path != "-" {
			out = append(out, path)
		}
	}
	for _, service := range t.setup.Services {
		if service.Fleet != "" && !slices.Contains(out, service.Fleet) {
			out = append(out, service.Fleet)
		}
	}
	return out
}

func (t trial) copy() error {
	for _, path := range t.given() {
		copyOf := t.copyFile
		if isFolder(path) {
			copyOf = t.copyFolder
		}
		if err := copyOf(path); err != nil {
			return err
		}
	}
	return nil
}

func (t trial) copyFolder(path string) error {
	folder, err := files.Open(path)
	if err != nil {
		return err
	}
	return folder.Walk(".", func(name string, entry fs.DirEntry) error {
		switch {
		case entry.IsDir() && slices.Contains([]string{".git", "node_modules"}, entry.Name()):
			return fs.SkipDir
		case entry.Type()&fs.ModeSymlink != 0:
			return t.copyLink(folder, path, name)
		case entry.Type().IsRegular():
			return t.copyFile(filepath.Join(path, name))
		}
		return nil
	})
}

// copyLink copies a link below a folder that is at a path. One that stays in the folder
// leads to the copy then: by a whole path it would lead to the file that was copied.
func (t trial) copyLink(folder *files.Folder, path, name string) error {
	link := filepath.Join(path, name)
	to, err := os.Readlink(link)
	if err != nil {
		return err
	}
	if real, err := folder.Resolve(name); err == nil && filepath.IsAbs(to) {
		if to, err = filepath.Rel(filepath.Dir(name), real); err != nil {
			return err
		}
	}
	if err := t.into.MkdirAll(filepath.Dir(t.within(link)), 0o700); err != nil {
		return err
	}
	if err := t.into.Symlink(to, t.within(link)); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (t trial) copyFile(name string) error {
	text, err := files.Read(name)
	if err != nil {
		return err
	}
	return t.write(name, text)
}

// write writes a file of the copy, and no other.
func (t trial) write(name string, text []byte) error {
	if err := t.into.MkdirAll(filepath.Dir(t.within(name)), 0o700); err != nil {
		return err
	}
	return t.into.WriteFile(t.within(name), text, 0o600)
}

// helps reports whether the repairs of findings make these go away, and bring none.
func (t trial) helps(ctx context.Context, findings []Finding) bool {
	changed, _ := t.setup.Fix(findings)
	for name, text := range changed {
		if t.write(name, text) != nil {
			return false
		}
	}
	after := t.findings(ctx, changed["stdin"])
	for name := range changed {
		if t.write(name, t.setup.texts.of(name)) != nil {
			return false
		}
	}
	now := kindsOf(after, t.root)
	for of, count := range now {
		if count > t.before[of] {
			return false
		}
	}
	return after != nil && !slices.ContainsFunc(findings, func(f Finding) bool {
		of := kind{f.Rule, originOf(f.File, "")}
		return len(f.Edits) > 0 && now[of] >= t.before[of]
	})
}

// findings are those of the copy, with standard input as it has become; nil where it
// cannot be read.
func (t trial) findings(ctx context.Context, stdin []byte) []Finding {
	options := t.setup.options
	if stdin != nil {
		options.Stdin = stdin
	}
	options.Paths = slices.Clone(options.Paths)
	for n, path := range options.Paths {
		if path != "-" {
			options.Paths[n] = t.copied(path)
		}
	}
	if options.Fleet != "" {
		options.Fleet = t.copied(options.Fleet)
	}
	setup, err := Load(ctx, options)
	if err != nil {
		return nil
	}
	return slices.Concat([]Finding{}, setup.Findings())
}
