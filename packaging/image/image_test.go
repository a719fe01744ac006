package image_test

import (
	"archive/tar"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/eddy-previews/eddy/packaging/image"
)

var platforms = []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}

// build compiles a program and makes an image of it.
func build(t *testing.T, folder string) *image.Set {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles for each platform")
	}
	source := image.Source{Folder: folder, Package: "./image/testdata/hello", LDFlags: "-s -w"}
	var programs []image.Program
	for _, platform := range platforms {
		program, err := source.Compile(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, program)
	}
	set, err := image.Build(image.Spec{
		Name: "hello", Created: time.Unix(1e9, 0), Annotations: map[string]string{image.VersionAnnotation: "v1.2.3"},
	}, programs)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func digest(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	out, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheSameSourceMakesTheSameImage(t *testing.T) {
	elsewhere := t.TempDir()
	if err := os.CopyFS(elsewhere, os.DirFS("..")); err != nil {
		t.Fatal(err)
	}
	first, second := build(t, ".."), build(t, elsewhere)
	if is, was := digest(t, second.Index), digest(t, first.Index); is != was {
		t.Errorf("the second image is %s, and the first %s", is, was)
	}
	for n := range first.SBOMs {
		if is, was := digest(t, second.SBOMs[n]), digest(t, first.SBOMs[n]); is != was {
			t.Errorf("the second SBOM is %s, and the first %s", is, was)
		}
	}
	var files [2][]byte
	for n, set := range []*image.Set{first, second} {
		file := filepath.Join(t.TempDir(), "image.tar")
		as, err := name.NewTag("registry.example.com/hello:v1.2.3")
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Write(file, as); err != nil {
			t.Fatal(err)
		}
		for _, platform := range platforms {
			text, err := os.ReadFile(strings.TrimSuffix(file, ".tar") + "." + platform.OS + "-" + platform.Architecture + ".cdx.json")
			if err != nil || !strings.Contains(string(text), `"CycloneDX"`) {
				t.Errorf("the SBOM for %s is missing: %v", platform, err)
			}
		}
		if files[n], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if string(files[0]) != string(files[1]) {
		t.Error("the files differ")
	}
}

func TestAnImageHoldsTheProgramTheAuthoritiesAndNothingElse(t *testing.T) {
	set := build(t, "..")
	for _, platform := range platforms {
		one := imageOf(t, set.Index, platform)
		config, err := one.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.OS != platform.OS || config.Architecture != platform.Architecture || config.Config.User != "65532:65532" ||
			strings.Join(config.Config.Entrypoint, " ") != "/hello" || config.Created.Unix() != 1e9 {
			t.Errorf("%s: the config is %+v", platform, config)
		}
		files := extract(t, one)
		if len(files) != 5 || len(files["hello"]) == 0 {
			t.Errorf("%s: there are %d files", platform, len(files))
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"]) || strings.Count(string(files["etc/ssl/certs/ca-certificates.crt"]), "BEGIN") < 50 {
			t.Errorf("%s: the authorities cannot be read", platform)
		}
	}
}

func TestARegistryHasTheImageAndItsSBOMs(t *testing.T) {
	for name, support := range map[string]bool{"one that knows referrers": true, "one that knows only tags": false} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(registry.New(registry.WithReferrersSupport(support), registry.Logger(log.New(io.Discard, "", 0))))
			defer server.Close()
			pushed(t, build(t, ".."), strings.TrimPrefix(server.URL, "http://")+"/eddy:v1.2.3")
		})
	}
}

func pushed(t *testing.T, set *image.Set, to string) {
	t.Helper()
	ref, err := name.NewTag(to)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be repeated
		if err := set.Push(context.Background(), ref); err != nil {
			t.Fatal(err)
		}
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	if is, was := digest(t, index), digest(t, set.Index); is != was {
		t.Errorf("the registry has %s, and %s was pushed", is, was)
	}
	for _, platform := range platforms {
		one := imageOf(t, index, platform)
		referrers, err := remote.Referrers(ref.Digest(digest(t, one)))
		if err != nil {
			t.Fatal(err)
		}
		list, err := referrers.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Manifests) != 1 || list.Manifests[0].ArtifactType != string(image.SBOMType) {
			t.Fatalf("%s: the referrers are %+v", platform, list.Manifests)
		}
		lists(t, ref.Digest(list.Manifests[0].Digest.String()))
	}
}

// lists checks that an SBOM lists the modules of the program.
func lists(t *testing.T, ref name.Digest) {
	t.Helper()
	artifact, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := artifact.Layers()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	var bom struct {
		BOMFormat string `json:"bomFormat"`
		Metadata  struct {
			Component struct{ Purl string }
		}
		Components []struct{ Name, Version, Purl string }
	}
	if err := json.NewDecoder(reader).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.BOMFormat != "CycloneDX" || bom.Metadata.Component.Purl != "pkg:golang/github.com/eddy-previews/eddy/packaging@v1.2.3" {
		t.Errorf("the SBOM is of %+v", bom.Metadata)
	}
	found := map[string]bool{}
	for _, one := range bom.Components {
		found[one.Name] = one.Version != ""
	}
	for _, module := range []string{"std", "github.com/google/go-containerregistry"} {
		if !found[module] {
			t.Errorf("%s is not among %+v", module, bom.Components)
		}
	}
}

func imageOf(t *testing.T, index v1.ImageIndex, platform v1.Platform) v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, descriptor := range manifest.Manifests {
		if descriptor.Platform.Equals(platform) {
			one, err := index.Image(descriptor.Digest)
			if err != nil {
				t.Fatal(err)
			}
			return one
		}
	}
	t.Fatalf("there is no image for %s", platform)
	return nil
}

func extract(t *testing.T, one v1.Image) map[string][]byte {
	t.Helper()
	reader := mutate.Extract(one)
	defer func() { _ = reader.Close() }()
	files := map[string][]byte{}
	for in := tar.NewReader(reader); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(header.Name, "/")] = data
	}
}
