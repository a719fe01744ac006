// Package release makes all that a version of Eddy is published as, and checks it:
//
//	eddy_0.1.0_linux_amd64.tar.gz   the program, its license and its README; one a platform
//	eddy_0.1.0_linux_amd64.cdx.json of which modules it is linked; one a platform
//	eddy_0.1.0_image.tar            the image for all platforms of Linux, as an OCI layout
//	eddy-0.1.0.tgz                  the chart
//	notes.md                        what CHANGELOG.md says of the version
//	checksums.txt                   of all of these
//
// Nothing in them tells when, where or by whom they were made: who builds the same
// commit gets the same checksums.
package release

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/eddy-previews/eddy/packaging/image"
	"github.com/eddy-previews/eddy/packaging/product"
)

// Spec says what is released.
type Spec struct {
	product.Build
	// Image is the repository of the image.
	Image string
	// Stage is how far the release is.
	Stage Stage
}

// Stage is how far a release is.
type Stage string

const (
	// Final releases have their section in CHANGELOG.md, and the chart has their version.
	Final Stage = "final"
	// Draft releases are never published: they are of what is unreleased.
	Draft Stage = "draft"
)

// Platforms are those that the program is built for.
func Platforms() []v1.Platform {
	return []v1.Platform{
		{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"},
		{OS: "darwin", Architecture: "amd64"}, {OS: "darwin", Architecture: "arm64"},
	}
}

// Build makes the release in a folder, which must be empty or not there.
func Build(ctx context.Context, spec Spec, folder string) error {
	if err := emptyFolder(folder); err != nil {
		return err
	}
	if err := spec.notes(folder); err != nil {
		return err
	}
	if err := spec.chart(folder); err != nil {
		return err
	}
	programs, err := spec.Compile(ctx, Platforms())
	if err != nil {
		return err
	}
	for _, program := range programs {
		if err := spec.binary(folder, program); err != nil {
			return fmt.Errorf("packing the program for %s: %w", program.Platform, err)
		}
	}
	if err := spec.image(folder, programs); err != nil {
		return err
	}
	return writeChecksums(folder)
}

func emptyFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: a release stands alone in its folder", folder)
	}
	return err
}

// image writes the image, of which Linux's programs are the platforms.
func (s Spec) image(folder string, programs []image.Program) error {
	var linux []image.Program
	for _, program := range programs {
		if program.Platform.OS == "linux" {
			linux = append(linux, program)
		}
	}
	set, err := image.Build(s.Contents(), linux)
	if err != nil {
		return err
	}
	as, err := name.NewTag(s.Image + ":" + s.Version)
	if err != nil {
		return fmt.Errorf("naming the image: %w", err)
	}
	return set.Write(filepath.Join(folder, s.file("image.tar")), as)
}

// binary writes a program and its SBOM.
func (s Spec) binary(folder string, program image.Program) error {
	base := s.file(program.Platform.OS + "_" + program.Platform.Architecture)
	bom, err := s.Contents().BOM(program)
	if err != nil {
		return err
	}
	files := []file{{name: "eddy", mode: 0o755, data: program.Binary}}
	for _, name := range []string{"LICENSE", "README.md"} {
		data, err := os.ReadFile(filepath.Join(s.Root, name))
		if err != nil {
			return err
		}
		files = append(files, file{name: name, mode: 0o644, data: data})
	}
	return errors.Join(
		os.WriteFile(filepath.Join(folder, base+".cdx.json"), bom, 0o600),
		s.archive(filepath.Join(folder, base+".tar.gz"), files),
	)
}

// file names a file of the release.
func (s Spec) file(what string) string { return "eddy_" + s.number() + "_" + what }

// number is the version without its v.
func (s Spec) number() string { return strings.TrimPrefix(s.Version, "v") }
