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
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/eddy-previews/eddy/packaging/image"
)

// options are the flags.
type options struct {
	root, name, version, revision, platforms, output, push string
}

func main() {
	var o options
	flag.StringVar(&o.root, "root", "..", "folder of the checkout")
	flag.StringVar(&o.name, "name", "ghcr.io/eddy-previews/eddy", "name of the image in the tar file")
	flag.StringVar(&o.version, "version", "devel", "version of Eddy, and tag of the image")
	flag.StringVar(&o.revision, "revision", "", "commit that is built")
	flag.StringVar(&o.platforms, "platforms", "linux/amd64,linux/arm64", "platforms, separated by commas")
	flag.StringVar(&o.output, "output", "", "tar file for the OCI layout, with the SBOMs beside it; none when empty")
	flag.StringVar(&o.push, "push", "", "repository to push to, such as ghcr.io/eddy-previews/eddy; nowhere when empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	created, err := created(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	set, err := build(ctx, o, created)
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
		as, err := name.NewTag(o.name + ":" + o.version)
		if err != nil {
			return fmt.Errorf("--name: %w", err)
		}
		if err := set.Write(o.output, as); err != nil {
			return err
		}
		fmt.Printf("wrote %s\n", o.output)
	}
	if o.push != "" {
		ref, err := name.NewTag(o.push + ":" + o.version)
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

func build(ctx context.Context, o options, created time.Time) (*image.Set, error) {
	source := image.Source{
		Folder: o.root, Package: "./cmd/eddy",
		LDFlags: "-s -w -X github.com/eddy-previews/eddy/internal/cli.version=" + o.version,
	}
	var programs []image.Program
	for _, text := range strings.Split(o.platforms, ",") {
		platform, err := v1.ParsePlatform(text)
		if err != nil {
			return nil, fmt.Errorf("--platforms: %w", err)
		}
		program, err := source.Compile(ctx, *platform)
		if err != nil {
			return nil, err
		}
		programs = append(programs, program)
	}
	return image.Build(image.Spec{Name: "eddy", Created: created, Annotations: annotations(o)}, programs)
}

func annotations(o options) map[string]string {
	out := map[string]string{
		"org.opencontainers.image.title":       "Eddy",
		"org.opencontainers.image.description": "A preview environment for every pull request, on Kubernetes with Flux",
		"org.opencontainers.image.source":      "https://github.com/eddy-previews/eddy",
		image.VersionAnnotation:                o.version,
	}
	if o.revision != "" {
		out["org.opencontainers.image.revision"] = o.revision
	}
	return out
}

// created is the time of the image: the one of reproducible builds, in seconds
// since 1970, else 1970 itself.
func created(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
