// Command release makes all that a version of Eddy is published as, in a folder, and
// checks it. With --draft it makes a release of what is not released yet, twice and in
// two places, to see that both are the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/eddy-previews/eddy/packaging/product"
	"github.com/eddy-previews/eddy/packaging/release"
)

// options are the flags.
type options struct {
	product.Build
	image, output string
	draft         bool
}

func main() {
	var o options
	o.Bind(flag.CommandLine)
	flag.StringVar(&o.image, "image", "ghcr.io/eddy-previews/eddy", "repository of the image")
	flag.StringVar(&o.output, "output", "", "folder of the release, which must be empty or not there")
	flag.BoolVar(&o.draft, "draft", false, "make it of what is not released yet, twice, and compare")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := o.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context) error {
	if err := o.Date(); err != nil {
		return err
	}
	if o.output == "" || o.Version == product.Devel {
		return errors.New("--output and --version are needed")
	}
	spec := release.Spec{Build: o.Build, Image: o.image, Stage: release.Final}
	if o.draft {
		spec.Stage = release.Draft
	}
	if err := release.Build(ctx, spec, o.output); err != nil {
		return err
	}
	if err := release.Check(ctx, spec, o.output); err != nil {
		return err
	}
	fmt.Printf("%s is in %s, and whole\n", o.Version, o.output)
	if !o.draft {
		return nil
	}
	if err := again(ctx, spec, o.output); err != nil {
		return err
	}
	fmt.Println("built from another folder, it is the same to the byte")
	return nil
}

// again makes the release of a copy of the commit elsewhere, and compares.
func again(ctx context.Context, spec release.Spec, first string) error {
	folder, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in nobody's way
	copied := filepath.Join(folder, "checkout")
	if err := copyCheckout(ctx, spec.Root, copied); err != nil {
		return fmt.Errorf("copying the checkout: %w", err)
	}
	spec.Root = copied
	second := filepath.Join(folder, "release")
	if err := release.Build(ctx, spec, second); err != nil {
		return err
	}
	if err := release.Same(first, second); err != nil {
		return fmt.Errorf("a second build is another: %w", err)
	}
	return nil
}

// copyCheckout copies the files that git knows, as they are now.
func copyCheckout(ctx context.Context, root, to string) error {
	list := exec.CommandContext(ctx, "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	names, err := list.Output()
	if err != nil {
		return err
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed
		}
		if err != nil {
			return err
		}
		path := filepath.Join(to, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, data, 0o600)); err != nil {
			return err
		}
	}
	return nil
}
