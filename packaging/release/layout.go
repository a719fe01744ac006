package release

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/eddy-previews/eddy/packaging/image"
)

// checkImage reads the image from its file: each layer whole, an image for each
// platform of Linux and an SBOM beside it, and the version on all of them.
func (s Spec) checkImage(folder string) error {
	index, clean, err := s.open(filepath.Join(folder, s.file("image.tar")))
	defer clean()
	if err != nil {
		return fmt.Errorf("opening the image: %w", err)
	}
	if err := validate.Index(index); err != nil {
		return fmt.Errorf("the image is not whole: %w", err)
	}
	var failed []error
	for _, platform := range Platforms() {
		if platform.OS != "linux" {
			continue
		}
		sbom := s.file("image." + platform.OS + "-" + platform.Architecture + ".cdx.json")
		failed = append(failed, s.checkPlatform(index, platform), s.checkBOM(filepath.Join(folder, sbom)))
	}
	return errors.Join(failed...)
}

func (s Spec) checkPlatform(index v1.ImageIndex, platform v1.Platform) error {
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, one := range manifest.Manifests {
		if !one.Platform.Equals(platform) {
			continue
		}
		built, err := index.Image(one.Digest)
		if err != nil {
			return err
		}
		config, err := built.ConfigFile()
		if err != nil {
			return err
		}
		if is := config.Config.Labels[image.VersionAnnotation]; is != s.Version {
			return fmt.Errorf("the image for %s is of version %q, not of %s", platform, is, s.Version)
		}
		return nil
	}
	return fmt.Errorf("there is no image for %s", platform)
}

// open unpacks a layout. What it was unpacked to goes by clean.
func (s Spec) open(path string) (index v1.ImageIndex, clean func(), err error) {
	folder, err := os.MkdirTemp("", "layout-")
	clean = func() { _ = os.RemoveAll(folder) } // what stays is in nobody's way
	if err != nil {
		return nil, clean, err
	}
	if err := unpackLayout(path, folder); err != nil {
		return nil, clean, err
	}
	outer, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return nil, clean, err
	}
	manifest, err := outer.IndexManifest()
	if err != nil {
		return nil, clean, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, clean, fmt.Errorf("there are %d images in it, not one", len(manifest.Manifests))
	}
	index, err = outer.ImageIndex(manifest.Manifests[0].Digest)
	return index, clean, err
}

func unpackLayout(path, folder string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // its files are closed
	for reader := tar.NewReader(in); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := place(root, header, reader); err != nil {
			return err
		}
	}
}

func place(root *os.Root, header *tar.Header, content io.Reader) error {
	if header.Typeflag == tar.TypeDir {
		return root.MkdirAll(filepath.Clean(header.Name), 0o750)
	}
	data, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	return root.WriteFile(header.Name, data, 0o600)
}
