package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Push writes the image and its SBOMs to a registry, with the credentials of
// docker or podman login. A registry that knows no referrers lists the SBOMs
// under a tag that is made of the digest, as the OCI asks.
func (s *Set) Push(ctx context.Context, ref name.Tag) error {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if err := remote.WriteIndex(ref, s.Index, options...); err != nil {
		return fmt.Errorf("pushing %s: %w", ref, err)
	}
	for _, sbom := range s.SBOMs {
		digest, err := sbom.Digest()
		if err != nil {
			return err
		}
		if err := remote.Write(ref.Digest(digest.String()), sbom, options...); err != nil {
			return fmt.Errorf("pushing the SBOM %s: %w", digest, err)
		}
	}
	return nil
}

// Write writes the image as an OCI layout in a tar file, which `skopeo copy
// oci-archive:`, `podman load`, `ctr images import` and kind read, under the name
// that it is given. Its SBOMs stand beside it, one for each platform, in
// FILE.OS-ARCHITECTURE.cdx.json: programs that unpack whatever a layout holds
// would take them for images.
func (s *Set) Write(tarFile string, as name.Tag) error {
	folder, err := os.MkdirTemp(filepath.Dir(tarFile), ".image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in nobody's way
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	named := layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": as.TagStr(),
		"io.containerd.image.name":          as.Name(),
	})
	if err := path.AppendIndex(s.Index, named); err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	return errors.Join(pack(folder, tarFile), s.writeSBOMs(tarFile))
}

func (s *Set) writeSBOMs(tarFile string) error {
	manifest, err := s.Index.IndexManifest()
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(tarFile, filepath.Ext(tarFile))
	for n, sbom := range s.SBOMs {
		layers, err := sbom.Layers()
		if err != nil {
			return err
		}
		content, err := layers[0].Uncompressed()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		platform := manifest.Manifests[n].Platform
		file := fmt.Sprintf("%s.%s-%s.cdx.json", base, platform.OS, platform.Architecture)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return fmt.Errorf("writing an SBOM: %w", err)
		}
	}
	return nil
}

// pack puts the files of a folder into a tar file, in the order of their names
// and without anything that differs from one run to the next.
func pack(folder, tarFile string) (err error) {
	out, err := os.Create(tarFile)
	if err != nil {
		return err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	writer := tar.NewWriter(out)
	err = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return add(writer, path, filepath.ToSlash(name))
	})
	if err != nil {
		return err
	}
	return writer.Close()
}

func add(writer *tar.Writer, path, name string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return writer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755})
	}
	if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: info.Size()}); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	_, err = io.Copy(writer, file)
	return err
}
