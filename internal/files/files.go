// Package files reads files that strangers may have written: a pull request
// brings them, and a pipeline that holds a token reads them.
//
//	fleet, err := files.Open("fleet")
//	text, err := fleet.Read("apps/api/kustomization.yaml")
//
// What it promises:
//
//   - Only files are read. A pipe, a socket or a device is an error, and nobody
//     waits for one.
//   - Of a folder nothing is read that is not in it: a symbolic link that leads
//     out of it is an error, whatever it leads to.
//   - What is read has a bound: a file, all files of a folder together, and how
//     many there are. What passes it is an error that names the bound.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// The bounds.
const (
	// MaxFile is how large a file may be, in bytes.
	MaxFile = 10 << 20
	// MaxFolder is how much is read of a folder, in bytes.
	MaxFolder = 64 << 20
	// MaxEntries is how many files and folders are looked at below a folder.
	MaxEntries = 200_000
	// MaxDepth is how many folders may stand in each other.
	MaxDepth = 64
)

// Read returns the text of a file that somebody named. A pipe is read only where
// a shell has opened it for us, as in <(command).
func Read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", name, errNoFile)
	case err != nil:
		return nil, err
	case isOpened(name) && info.Mode()&fs.ModeNamedPipe != 0:
		return readOpened(name)
	}
	if err := isFile(name, info); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return readFile(name, file)
}

// errNoFile is what a person is told in the place of the system's words.
var errNoFile = fmt.Errorf("there is no such file%w", silent{fs.ErrNotExist})

// silent is a cause that says nothing.
type silent struct{ cause error }

func (s silent) Error() string { return "" }
func (s silent) Unwrap() error { return s.cause }

// isOpened reports whether a name stands for a file that is open already.
func isOpened(name string) bool {
	for _, folder := range []string{"/dev/fd/", "/proc/self/fd/", "/dev/stdin"} {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

func readOpened(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	return ReadAll(name, file)
}

// readFile reads a file that is open, if it is one, and closes it.
func readFile(name string, file *os.File) ([]byte, error) {
	defer file.Close() //nolint:errcheck // nothing was written
	info, err := file.Stat()
	if err == nil {
		err = isFile(name, info)
	}
	if err != nil {
		return nil, err
	}
	return ReadAll(name, file)
}

// ReadAll reads to the end of what has a name, standard input for one.
func ReadAll(name string, from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > MaxFile {
		return nil, tooLarge(name)
	}
	return text, nil
}

func tooLarge(name string) error {
	return fmt.Errorf("%s: is larger than %d MiB, which is as much as is read of a file", name, MaxFile>>20)
}

// isFile says what is in the place of a file that can be read.
func isFile(name string, info fs.FileInfo) error {
	what := ""
	switch mode := info.Mode(); {
	case mode.IsRegular() && info.Size() > MaxFile:
		return tooLarge(name)
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	default:
		what = "a device"
	}
	return fmt.Errorf("%s: is %s, not a file", name, what)
}

// Replace writes the text of a file that is there, and is a file: nothing is
// written through a link.
func Replace(name string, text []byte) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s: is a link, and nothing is written through one", name)
	}
	if err := isFile(name, info); err != nil {
		return err
	}
	return os.WriteFile(name, text, info.Mode().Perm())
}

// Folder is a folder that is read from. It is not safe for concurrent use.
type Folder struct {
	path string
	root *os.Root
	// read are the bytes that were read, seen the entries that were looked at.
	read, seen int
	// maxRead and maxSeen are their bounds.
	maxRead, maxSeen int
}

// Open opens a folder.
func Open(path string) (*Folder, error) {
	absolute, err := filepath.Abs(path)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, err
	}
	return &Folder{path: absolute, root: root, maxRead: MaxFolder, maxSeen: MaxEntries}, nil
}

// Path is where the folder is, absolute and without links.
func (f *Folder) Path() string { return f.path }

// Resolve returns the name, below the folder, of what a name leads to when all
// links are followed.
func (f *Folder) Resolve(name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%s: leads out of the folder", name)
	}
	real, err := filepath.EvalSymlinks(filepath.Join(f.path, name))
	if above := filepath.Dir(name); errors.Is(err, fs.ErrNotExist) && above != "." {
		if _, out := f.Resolve(above); out != nil && !errors.Is(out, fs.ErrNotExist) {
			return "", out // it is not there because it would be somewhere else
		}
	}
	if err != nil {
		return "", f.explain(name, err)
	}
	relative, err := filepath.Rel(f.path, real)
	if err != nil || !filepath.IsLocal(relative) {
		return "", fmt.Errorf("%s: is a link that leads out of the folder", name)
	}
	if strings.Count(relative, string(filepath.Separator)) >= MaxDepth {
		return "", fmt.Errorf("%s: is in more than %d folders", name, MaxDepth)
	}
	return relative, nil
}

// Stat tells what a name leads to.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	real, err := f.Resolve(name)
	if err != nil {
		return nil, err
	}
	info, err := f.root.Stat(real)
	return info, f.explain(name, err)
}

// Read returns the text of a file.
func (f *Folder) Read(name string) ([]byte, error) {
	real, err := f.Resolve(name)
	if err != nil {
		return nil, err
	}
	info, err := f.root.Stat(real)
	if err != nil {
		return nil, f.explain(name, err)
	}
	if err := isFile(name, info); err != nil { // before it is opened, which may do something to a device
		return nil, err
	}
	file, err := f.root.OpenFile(real, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, f.explain(name, err)
	}
	text, err := readFile(name, file)
	f.read += len(text)
	if err == nil && f.read > f.maxRead {
		err = fmt.Errorf("%s: more than %d MiB are to be read of %s, which is as much as is read of a folder", name, f.maxRead>>20, f.path)
	}
	return text, err
}

// explain leaves the absolute path out of an error.
func (f *Folder) explain(name string, err error) error {
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", name, errNoFile)
	case errors.As(err, &path):
		return fmt.Errorf("%s: %w", name, path.Err)
	default:
		return fmt.Errorf("%s: %w", name, err)
	}
}

// Walk visits what is below a folder of the folder, and does not follow links to
// folders. Names are relative to the folder that was opened; fs.SkipDir leaves a
// folder out.
func (f *Folder) Walk(dir string, visit func(name string, entry fs.DirEntry) error) error {
	return f.walk(dir, 0, visit)
}

func (f *Folder) walk(dir string, depth int, visit func(name string, entry fs.DirEntry) error) error {
	if depth >= MaxDepth {
		return fmt.Errorf("%s: is in more than %d folders", dir, MaxDepth)
	}
	entries, err := f.List(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := filepath.Join(dir, entry.Name())
		err := visit(name, entry)
		if errors.Is(err, fs.SkipDir) {
			continue
		}
		if err == nil && entry.IsDir() {
			err = f.walk(name, depth+1, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// List returns the entries of a folder, in the order of their names.
func (f *Folder) List(dir string) ([]fs.DirEntry, error) {
	real, err := f.Resolve(dir)
	if err != nil {
		return nil, err
	}
	folder, err := f.root.Open(real)
	if err != nil {
		return nil, f.explain(dir, err)
	}
	defer folder.Close() //nolint:errcheck // nothing was written
	entries, err := folder.ReadDir(f.maxSeen - f.seen + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, f.explain(dir, err)
	}
	f.seen += len(entries)
	if f.seen > f.maxSeen {
		return nil, fmt.Errorf("%s: there are more than %d files below %s, which is as many as are looked at", dir, f.maxSeen, f.path)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}
