// Package image builds container images in process, without a container
// engine: one static program on an empty file system, in a tar file that
// containerd imports.
package image

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image is an image of one static program.
type Image struct {
	// Ref is its name with a tag, such as registry.example.com/api:pr-1.
	Ref string
	// Program is the path of the static binary.
	Program string
	// Env are variables of the image, NAME=value each.
	Env []string
	// Labels say something of the image, such as the commit that it was built from.
	Labels map[string]string
	// Port is where the program listens, 0 if nowhere.
	Port int
}

// nobody runs the program: it needs no rights.
const nobody = "65532:65532"

// Push pushes the image to the registry that its name begins with.
func (i Image) Push(ctx context.Context) error {
	ref, err := name.NewTag(i.Ref, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("the image's name wants a tag: %w", err)
	}
	image, err := i.build()
	if err != nil {
		return fmt.Errorf("building the image %s: %w", i.Ref, err)
	}
	if err := remote.Write(ref, image, remote.WithContext(ctx)); err != nil {
		return fmt.Errorf("pushing the image %s: %w", i.Ref, err)
	}
	return nil
}

// Write writes the image as a tar file that docker load and ctr import read.
func (i Image) Write(tarFile string) error {
	ref, err := name.NewTag(i.Ref, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("the image's name wants a tag, as in registry.example.com/api:pr-1: %w", err)
	}
	image, err := i.build()
	if err != nil {
		return fmt.Errorf("building the image %s: %w", i.Ref, err)
	}
	if err := tarball.WriteToFile(tarFile, ref, image); err != nil {
		return fmt.Errorf("writing the image %s: %w", i.Ref, err)
	}
	return nil
}

func (i Image) build() (v1.Image, error) {
	program, err := os.ReadFile(i.Program)
	if err != nil {
		return nil, err
	}
	if interpreter(program) {
		return nil, fmt.Errorf("%s needs libraries, and an image of it alone has none: build it without (CGO_ENABLED=0 go build)", i.Program)
	}
	files, err := programLayer(path.Base(i.Program), program)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files)), nil
	})
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Entrypoint = []string{"/" + path.Base(i.Program)}
	config.Config.Env, config.Config.Labels = i.Env, i.Labels
	config.Config.User = nobody
	if i.Port != 0 {
		config.Config.ExposedPorts = map[string]struct{}{fmt.Sprintf("%d/tcp", i.Port): {}}
	}
	return mutate.ConfigFile(image, config)
}

// interpreter says whether a program is started by another one, which loads its
// libraries.
func interpreter(program []byte) bool {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return false // whatever it is, it says so itself when it is run
	}
	return slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// programLayer is a layer of one file. It carries no time, so that the same
// program makes the same image.
func programLayer(name string, program []byte) ([]byte, error) {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(program))}
	if err := writer.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := writer.Write(program); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
