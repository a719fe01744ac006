// Command packaging builds the container image of Eddy, writes it as an OCI
// layout and, where it is told to, pushes it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/eddy-previews/eddy/packaging/image"
	"github.com/eddy-previews/eddy/packaging/product"
)

// options are the flags.
type options struct {
	product.Build
	name, platforms, program, output, push string
	stored                                 bool
}

func main() {
	var o options
	o.Bind(flag.CommandLine)
	flag.StringVar(&o.name, "name", "ghcr.io/eddy-previews/eddy", "name of the image in the tar file")
	flag.StringVar(&o.platforms, "platforms", "linux/amd64,linux/arm64", "platforms, separated by commas")
	flag.StringVar(&o.program, "program", "", "program that is built already, for the one platform; compiled when empty")
	flag.StringVar(&o.output, "output", "", "tar file for the OCI layout, with the SBOMs beside it; none when empty")
	flag.StringVar(&o.push, "push", "", "repository to push to, such as ghcr.io/eddy-previews/eddy; nowhere when empty")
	flag.BoolVar(&o.stored, "stored", false, "store the layers as they are, and save the time that it takes to compress them: for an image that stays on this machine")
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
	set, err := o.build(ctx)
	if err != nil {
		return err
	}
	digest, err := set.Index.Digest()
	if err != nil {
		return err
	}
	if o.output != "" {
		if err := os.MkdirAll(filepath.Dir(o.output), 0o750); err != nil {
			return err
		}
		as, err := name.NewTag(o.name + ":" + o.Version)
		if err != nil {
			return fmt.Errorf("--name: %w", err)
		}
		if err := set.Write(o.output, as); err != nil {
			return err
		}
		fmt.Printf("wrote %s\n", o.output)
	}
	if o.push != "" {
		ref, err := name.NewTag(o.push + ":" + o.Version)
		if err != nil {
			return fmt.Errorf("--push: %w", err)
		}
		if err := set.Push(ctx, ref); err != nil {
			return err
		}
		fmt.Printf("pushed %s\n", ref)
	}
	fmt.Println(digest)
	return nil
}

func (o *options) build(ctx context.Context) (*image.Set, error) {
	if err := o.Date(); err != nil {
		return nil, err
	}
	var platforms []v1.Platform
	for _, text := range strings.Split(o.platforms, ",") {
		platform, err := v1.ParsePlatform(text)
		if err != nil {
			return nil, fmt.Errorf("--platforms: %w", err)
		}
		platforms = append(platforms, *platform)
	}
	programs, err := o.programs(ctx, platforms)
	if err != nil {
		return nil, err
	}
	spec := o.Contents()
	spec.Stored = o.stored
	return image.Build(spec, programs)
}

// programs compiles for each platform, or reads what is built already.
func (o *options) programs(ctx context.Context, platforms []v1.Platform) ([]image.Program, error) {
	if o.program == "" {
		return o.Compile(ctx, platforms)
	}
	if len(platforms) != 1 {
		return nil, fmt.Errorf("--program: a program is for one platform, and --platforms names %d", len(platforms))
	}
	binary, err := os.ReadFile(o.program)
	if err != nil {
		return nil, fmt.Errorf("--program: %w", err)
	}
	return []image.Program{{Binary: binary, Platform: platforms[0]}}, nil
}
