package image

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"fmt"
	"runtime/debug"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// SBOMType is the media type of an SBOM, and the artifact type that finds it
// among the referrers of an image.
const SBOMType = types.MediaType("application/vnd.cyclonedx+json")

// sbom is an artifact that refers to an image and tells what is in it.
func (s Spec) sbom(program Program, image v1.Image) (v1.Image, error) {
	text, err := s.BOM(program)
	if err != nil {
		return nil, err
	}
	artifact, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), static.NewLayer(text, SBOMType))
	if err != nil {
		return nil, err
	}
	subject, err := partial.Descriptor(image)
	if err != nil {
		return nil, err
	}
	referring, ok := mutate.Subject(mutate.ConfigMediaType(artifact, SBOMType), *subject).(v1.Image)
	if !ok {
		return nil, fmt.Errorf("referring to the image: the SBOM is no manifest any more")
	}
	return referring, nil
}

// BOM lists the modules that a program is linked of, as CycloneDX.
func (s Spec) BOM(program Program) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program.Binary))
	if err != nil {
		return nil, fmt.Errorf("reading of which modules %s is made: %w", s.Name, err)
	}
	main := component(info.Main, cmp.Or(s.Annotations[VersionAnnotation], info.Main.Version))
	main.Type = cyclonedx.ComponentTypeApplication
	components := []cyclonedx.Component{component(debug.Module{Path: "std"}, info.GoVersion)}
	dependencies := []string{components[0].BOMRef}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		one := component(*module, module.Version)
		components = append(components, one)
		dependencies = append(dependencies, one.BOMRef)
	}
	out := cyclonedx.NewBOM()
	out.Metadata = &cyclonedx.Metadata{Component: &main}
	out.Components = &components
	out.Dependencies = &[]cyclonedx.Dependency{{Ref: main.BOMRef, Dependencies: &dependencies}}
	var text bytes.Buffer
	err = cyclonedx.NewBOMEncoder(&text, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(out)
	return text.Bytes(), err
}

// component describes a module.
func component(module debug.Module, version string) cyclonedx.Component {
	purl := "pkg:golang/" + module.Path
	if version != "" {
		purl += "@" + version
	}
	return cyclonedx.Component{
		Type: cyclonedx.ComponentTypeLibrary, BOMRef: purl, PackageURL: purl, Name: module.Path, Version: version,
	}
}

// VersionAnnotation names the version of an image.
const VersionAnnotation = "org.opencontainers.image.version"
