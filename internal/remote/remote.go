// Package remote fetches what an overlay names by address, for somebody who asked
// for it. The addresses are those of strangers.
//
//	fleet := overlay.Open("fleet")
//	fleet.Remote = remote.New(transport.DefaultNetworks().Transport())
//
// What it promises:
//
//   - Only https is spoken, from the first request to the last redirect, and
//     without credentials: not those of the environment, of git, or of an address.
//   - No program is run. The little of git that it needs is go-git's protocol, and
//     a pack that is unpacked in memory. A ref is looked up among those that the
//     server has, and never handed on.
//   - Where a request may go is up to the transport, which looks at each address
//     that it dials.
//   - Nothing is written to disk, and no link in what was fetched leads out of it;
//     submodules are not followed.
//   - Whatever comes has a bound: how much, in how many files, for how long, and of
//     how many addresses.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"sync/atomic"
	"time"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/overlay"
)

const (
	// maxObjects is how many files, folders and commits a repository has.
	maxObjects = files.MaxEntries
	// maxFile is how large a file may be that is read.
	maxFile = files.MaxFile
	// maxAddresses is how many repositories and files are asked for.
	maxAddresses = 100
	// maxRedirects is how often one is sent on.
	maxRedirects = 5
)

// Limits are what all that is fetched may take together.
type Limits struct {
	Time time.Duration
	// Received is how many bytes come, Unpacked what the repositories come to.
	Received, Unpacked int64
}

func defaultLimits() Limits {
	return Limits{Time: 5 * time.Minute, Received: 64 << 20, Unpacked: 256 << 20}
}

// Fetcher fetches, and keeps what it has fetched. It is not safe for concurrent
// use.
type Fetcher struct {
	// Transport asks; it says which hosts may be asked.
	Transport http.RoundTripper
	// Announce is told what is about to be fetched; nil for nobody.
	Announce func(address string)
	Limits   Limits

	received atomic.Int64
	unpacked int64
	deadline time.Time
	trees    map[string]answer
}

// answer is what came of an address.
type answer struct {
	tree overlay.Tree
	err  error
}

// New returns what fetches by a transport.
func New(transport http.RoundTripper) *Fetcher {
	return &Fetcher{Transport: transport, Limits: defaultLimits(), trees: map[string]answer{}}
}

// Base returns the folder, or the file, that an entry names where kustomize takes
// either.
func (f *Fetcher) Base(ctx context.Context, entry string) (overlay.Fetched, error) {
	at, err := parse(entry)
	if err != nil {
		return overlay.Fetched{}, err
	}
	if at.repository == "" {
		return f.plain(ctx, at)
	}
	out, err := f.repository(ctx, at)
	if !errors.Is(err, errNoRepository) || at.file == "" || at.marked {
		return out, err
	}
	if file, plain := f.plain(ctx, at); plain == nil && !isPage(file) {
		return file, nil
	}
	return out, err
}

// isPage reports whether a file is a page for people, which forges have for what is
// not there.
func isPage(file overlay.Fetched) bool {
	text, err := file.Tree.Read(file.Path)
	return err != nil || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<"))
}

// File returns the file that an entry names where kustomize takes nothing else.
func (f *Fetcher) File(ctx context.Context, entry string) (overlay.Fetched, error) {
	at, err := parse(entry)
	if err != nil {
		return overlay.Fetched{}, err
	}
	if at.file == "" {
		return overlay.Fetched{}, errors.New("it names a repository, and kustomize takes a single file here: name that by https://, or copy it into the repository")
	}
	return f.plain(ctx, at)
}

// repository fetches a commit.
func (f *Fetcher) repository(ctx context.Context, at address) (overlay.Fetched, error) {
	tree, err := f.once(ctx, at.commit(), func(ctx context.Context) (overlay.Tree, error) { return f.clone(ctx, at) })
	return overlay.Fetched{Name: at.commit(), Tree: tree, Path: at.folder}, err
}

// plain fetches a file.
func (f *Fetcher) plain(ctx context.Context, at address) (overlay.Fetched, error) {
	name := "file"
	if from, err := url.Parse(at.file); err == nil && path.Base(from.Path) != "/" && from.Path != "" {
		name = path.Base(from.Path)
	}
	tree, err := f.once(ctx, at.file, func(ctx context.Context) (overlay.Tree, error) {
		text, err := f.get(ctx, at.file)
		return single{name, text}, err
	})
	return overlay.Fetched{Name: at.file, Tree: tree, Path: name}, err
}

// once asks, unless the same has been asked before.
func (f *Fetcher) once(ctx context.Context, name string, ask func(ctx context.Context) (overlay.Tree, error)) (overlay.Tree, error) {
	if known, asked := f.trees[name]; asked {
		return known.tree, known.err
	}
	if len(f.trees) >= maxAddresses {
		return nil, fmt.Errorf("more than %d addresses are named, which is as many as are fetched", maxAddresses)
	}
	if f.deadline.IsZero() {
		f.deadline = time.Now().Add(f.Limits.Time) //nolint:forbidigo // a context has a deadline in real time
	}
	if f.Announce != nil {
		f.Announce(name)
	}
	bounded, cancel := context.WithDeadline(ctx, f.deadline)
	defer cancel()
	tree, err := careful(func() (overlay.Tree, error) { return ask(bounded) })
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		err = fmt.Errorf("it takes longer than %s, which is as long as all may take that is fetched: copy what is needed into the repository", f.Limits.Time)
	}
	if err != nil {
		tree, err = nil, explain(name, err)
	}
	f.trees[name] = answer{tree, err}
	return tree, err
}

// careful makes an error of what a library does not expect of a server.
func careful(ask func() (overlay.Tree, error)) (tree overlay.Tree, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("what came cannot be read")
		}
	}()
	return ask()
}

// explain says what was asked, and leaves out what a library says around that.
func explain(name string, err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = &silent{err: asked.Err, kept: err}
	}
	return fmt.Errorf("fetching %s: %w", name, err)
}

// silent says one error, and is another.
type silent struct{ err, kept error }

func (s *silent) Error() string { return s.err.Error() }
func (s *silent) Unwrap() error { return s.kept }
