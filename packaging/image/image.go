// Package image makes the container image of a static program, without a
// container engine and without a base image from anywhere.
//
// An image holds the program, the certificates of the public authorities, and
// nothing else. It has no time in it but the one that it is given: the same
// program makes the same image, to the byte. With each image goes an SBOM, made
// of what the Go linker wrote into the program.
package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Program is a static program for one platform.
type Program struct {
	// Binary is the program itself.
	Binary []byte
	// Platform that it is built for.
	Platform v1.Platform
}

// Spec says what the image is.
type Spec struct {
	// Name of the program in the root of the image.
	Name string
	// Created is the time of the image, and of the files in it.
	Created time.Time
	// Annotations of the index, such as org.opencontainers.image.version; they are
	// the labels of each image.
	Annotations map[string]string
	// Stored says that the layers are not compressed.
	Stored bool
}

// nobody runs the program: it needs no rights.
const nobody = "65532:65532"

// Set is an image for several platforms, with an SBOM for each.
type Set struct {
	Index v1.ImageIndex
	// SBOMs refer to the images of the index, in its order.
	SBOMs []v1.Image
}

// Build makes an image of a program that was built for one or more platforms.
func Build(spec Spec, programs []Program) (*Set, error) {
	out := &Set{Index: mutate.IndexMediaType(empty.Index, types.OCIImageIndex)}
	for _, program := range programs {
		image, err := spec.image(program)
		if err != nil {
			return nil, fmt.Errorf("building the image for %s: %w", program.Platform, err)
		}
		out.Index = mutate.AppendManifests(out.Index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &program.Platform},
		})
		sbom, err := spec.sbom(program, image)
		if err != nil {
			return nil, fmt.Errorf("making the SBOM for %s: %w", program.Platform, err)
		}
		out.SBOMs = append(out.SBOMs, sbom)
	}
	annotated, ok := mutate.Annotations(out.Index, spec.Annotations).(v1.ImageIndex)
	if !ok {
		return nil, fmt.Errorf("annotating the index: it is none any more")
	}
	out.Index = annotated
	return out, nil
}

// image makes the image for one platform.
func (s Spec) image(program Program) (v1.Image, error) {
	certificates, err := s.layer(file{name: certificatesFile, mode: 0o644, data: certificates()})
	if err != nil {
		return nil, err
	}
	binary, err := s.layer(file{name: s.Name, mode: 0o755, data: program.Binary})
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.AppendLayers(base, certificates, binary)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = program.Platform.OS, program.Platform.Architecture, program.Platform.Variant
	config.Created = v1.Time{Time: s.Created.UTC()}
	config.Config.Entrypoint = []string{"/" + s.Name}
	config.Config.User = nobody
	config.Config.WorkingDir = "/"
	config.Config.Labels = s.Annotations
	return mutate.ConfigFile(image, config)
}

// file is one file of a layer.
type file struct {
	name string
	mode int64
	data []byte
}

// layer is a layer of one file and its folders.
func (s Spec) layer(f file) (v1.Layer, error) {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, folder := range folders(f.name) {
		header := &tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755, ModTime: s.Created}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.data)), ModTime: s.Created}
	if err := writer.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := writer.Write(f.data); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	level := gzip.DefaultCompression
	if s.Stored {
		level = gzip.NoCompression
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(level))
}

// folders are those that a file stands in, the outermost first.
func folders(name string) []string {
	if dir := path.Dir(name); dir != "." {
		return append(folders(dir), dir)
	}
	return nil
}

// Created is the time of reproducible builds, SOURCE_DATE_EPOCH in seconds since
// 1970, else 1970 itself.
func Created(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
