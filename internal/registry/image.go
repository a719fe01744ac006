package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ocitransport "github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/eddy-previews/eddy/internal/transport"
)

// RevisionLabel is the label, or annotation, that says of which commit an image was
// built.
//
// https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md
const RevisionLabel = "org.opencontainers.image.revision"

// Wanted is what is asked of an image beyond that it is there.
type Wanted struct {
	// Platforms that it must have, such as linux/amd64 and linux/arm/v7.
	Platforms []string
	// Revision tells that the revision is wanted.
	Revision bool
	// Again tells that it was looked for before: what HEAD does not find is not there
	// then, and not asked for by GET, which registries count as a pull.
	Again bool
}

// Image is what a tag stands for.
type Image struct {
	// Digest of the manifest, or of the index where there is one.
	Digest string
	// Lacking are the wanted platforms that it does not have, and Has all that it has.
	Lacking, Has []string
	// Revisions are the commits that it says it was built of, of each platform.
	Revisions []string
}

// Image looks up a tag. What a registry answers with 404 is ErrNoTag here, a
// repository that is not there yet too: the first push makes it.
func (r *Repository) Image(ctx context.Context, tag string, wanted Wanted) (Image, error) {
	image, err := r.image(ctx, tag, wanted)
	var said *ocitransport.Error
	if errors.As(err, &said) && said.StatusCode == http.StatusNotFound {
		err = ErrNoTag
	}
	if err != nil {
		return Image{}, r.failed(fmt.Sprintf("looking up the tag %q", tag), err)
	}
	return image, nil
}

func (r *Repository) image(ctx context.Context, tag string, wanted Wanted) (Image, error) {
	if len(wanted.Platforms) == 0 && !wanted.Revision {
		digest, err := r.lookUp(ctx, tag, wanted.Again) // costs a HEAD, which is not counted as a pull
		return Image{Digest: digest}, err
	}
	session, err := r.login(ctx)
	if err != nil {
		return Image{}, err
	}
	found, err := remote.Get(r.repository.Tag(tag), remote.WithContext(ctx), remote.WithTransport(session))
	if err != nil {
		return Image{}, err
	}
	if err := checkManifest(found); err != nil {
		return Image{}, err
	}
	out := Image{Digest: found.Digest.String()}
	parts, err := partsOf(found)
	if err != nil {
		return Image{}, err
	}
	for _, part := range parts {
		if err := out.add(part, wanted); err != nil {
			return Image{}, err
		}
	}
	for _, platform := range wanted.Platforms {
		if !slices.ContainsFunc(out.Has, func(has string) bool { return has == platform || strings.HasPrefix(has, platform+"/") }) {
			out.Lacking = append(out.Lacking, platform)
		}
	}
	return out, nil
}

// part is an image for one platform; where it stands alone its platform is in its
// configuration.
type part struct {
	platform *v1.Platform
	// annotations of the index.
	annotations map[string]string
	image       func() (v1.Image, error)
}

// maxParts bounds how many images of one index are looked at: who may push one may list
// thousands in it, and of each the registry is asked twice.
const maxParts = 50

// partsOf returns the images of a tag: that of the manifest, or those of its index,
// without what builders put beside them, such as an attestation.
func partsOf(found *remote.Descriptor) ([]part, error) {
	if !found.MediaType.IsIndex() {
		return []part{{image: found.Image}}, nil
	}
	index, err := found.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, &transport.Error{What: "its index cannot be read: " + err.Error(), Kind: transport.ErrInvalidAnswer}
	}
	var out []part
	for _, each := range manifest.Manifests {
		if each.Platform == nil || each.Platform.OS == "unknown" || !each.MediaType.IsImage() {
			continue
		}
		if len(out) == maxParts {
			return nil, &transport.Error{What: fmt.Sprintf("its index lists more than %d images", maxParts), Kind: transport.ErrTooMuch}
		}
		out = append(out, part{
			platform: each.Platform, annotations: manifest.Annotations,
			image: func() (v1.Image, error) { return index.Image(each.Digest) },
		})
	}
	return out, nil
}

// add notes what a part says of itself. Its image is asked for where the index does
// not tell.
func (i *Image) add(p part, wanted Wanted) error {
	if p.platform != nil && !wanted.Revision {
		i.Has = append(i.Has, nameOfPlatform(*p.platform))
		return nil
	}
	image, err := p.image()
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	platform := p.platform
	if platform == nil {
		platform = config.Platform()
	}
	if platform != nil {
		i.Has = append(i.Has, nameOfPlatform(*platform))
	}
	if !wanted.Revision {
		return nil
	}
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	for _, labels := range []map[string]string{config.Config.Labels, manifest.Annotations, p.annotations} {
		if revision := labels[RevisionLabel]; revision != "" {
			i.Revisions = append(i.Revisions, revision)
			return nil
		}
	}
	i.Revisions = append(i.Revisions, "")
	return nil
}

// nameOfPlatform is a platform without the version of its system.
func nameOfPlatform(p v1.Platform) string {
	name := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		name += "/" + p.Variant
	}
	return name
}
