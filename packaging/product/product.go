// Package product is Eddy as it is shipped: the program, compiled for platforms, and
// the image of it. The programs here that make one or the other are told what to build
// by the same flags.
package product

import (
	"context"
	"flag"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/eddy-previews/eddy/packaging/image"
)

// Devel is the version of what has none.
const Devel = "devel"

// Build says what is built.
type Build struct {
	// Root is the folder of the checkout.
	Root string
	// Version is v and a semantic version, as the tag is called.
	Version string
	// Revision is the commit.
	Revision string
	// Created is the time of all files.
	Created time.Time
}

// Bind declares a flag for each of them but the time.
func (b *Build) Bind(flags *flag.FlagSet) {
	flags.StringVar(&b.Root, "root", "..", "folder of the checkout")
	flags.StringVar(&b.Version, "version", Devel, "version of Eddy, such as v0.1.0, and tag of the image")
	flags.StringVar(&b.Revision, "revision", "", "commit that is built")
}

// Date takes the time from SOURCE_DATE_EPOCH.
func (b *Build) Date() (err error) {
	b.Created, err = image.Created(os.Getenv("SOURCE_DATE_EPOCH"))
	return err
}

// Compile compiles the program for each platform.
func (b Build) Compile(ctx context.Context, platforms []v1.Platform) ([]image.Program, error) {
	source := image.Source{
		Folder: b.Root, Package: "./cmd/eddy",
		LDFlags: "-s -w -X github.com/eddy-previews/eddy/internal/cli.version=" + b.Version,
	}
	var out []image.Program
	for _, platform := range platforms {
		program, err := source.Compile(ctx, platform)
		if err != nil {
			return nil, err
		}
		out = append(out, program)
	}
	return out, nil
}

// Contents says what the image is.
func (b Build) Contents() image.Spec {
	annotations := map[string]string{
		"org.opencontainers.image.title":       "Eddy",
		"org.opencontainers.image.description": "A preview environment for every pull request, on Kubernetes with Flux",
		"org.opencontainers.image.source":      "https://github.com/eddy-previews/eddy",
		image.VersionAnnotation:                b.Version,
	}
	if b.Revision != "" {
		annotations["org.opencontainers.image.revision"] = b.Revision
	}
	return image.Spec{Name: "eddy", Created: b.Created, Annotations: annotations}
}
