package source

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
)

// digestsAtOnce is how many digests are asked for at the same time.
const digestsAtOnce = 8

// artifactTags are the tags of a repository in a registry.
type artifactTags struct{ repository *registry.Repository }

func newArtifactTags(config Config) (lister, error) {
	repository, err := registry.Open(config.registry())
	if err != nil {
		return nil, err
	}
	return &artifactTags{repository}, nil
}

// OpenRegistry opens the repository of a registry, of a type that watches one. The
// error is as New's.
func OpenRegistry(config Config) (*registry.Repository, error) {
	if _, err := checked(config); err != nil {
		return nil, err
	}
	return registry.Open(config.registry())
}

// List implements Source. The tags have no digests yet.
func (a *artifactTags) List(ctx context.Context, _ Query) ([]Item, error) {
	tags, err := a.repository.Tags(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(tags))
	for n, tag := range tags {
		items[n] = Item{Name: tag, Tag: tag}.Bounded()
	}
	return items, nil
}

// Lookup implements Source: it asks for the digest of a tag.
func (a *artifactTags) Lookup(ctx context.Context, tag string) (Item, error) {
	digest, err := a.repository.Digest(ctx, tag)
	if err != nil {
		return Item{}, err
	}
	return Item{Name: tag, Tag: tag, Digest: digest}.Bounded(), nil
}

// Resolve implements Resolver. A tag that is gone by now is left out.
func (a *artifactTags) Resolve(ctx context.Context, items []Item) ([]Item, error) {
	resolved := slices.Clone(items)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(digestsAtOnce)
	for n, item := range items {
		if item.Digest != "" || item.Refused != nil {
			continue
		}
		group.Go(func() (err error) {
			resolved[n], err = transport.Recovered(func() (Item, error) { return a.Lookup(ctx, item.Name) })
			if errors.Is(err, registry.ErrNoTag) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(resolved, func(item Item) bool { return item.Digest == "" && item.Refused == nil }), nil
}
