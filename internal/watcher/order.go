package watcher

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// compileOrder returns how the tags of a provider are ordered, nil for what is
// no tag. The error names the field.
func compileOrder(provider *v1.ResourceSetInputProvider) (func([]source.Item) []source.Item, error) {
	kind, _ := source.TypeOf(provider.Spec.Type) // refused when it is opened, where it is not known
	if kind.Watches != source.Tag && kind.Watches != source.ArtifactTag {
		return nil, nil
	}
	var versions *semver.Constraints
	if filter := provider.Spec.Filter; filter != nil && filter.Semver != "" {
		var err error
		if versions, err = semver.NewConstraint(filter.Semver); err != nil {
			return nil, fmt.Errorf("spec.filter.semver: %q is not a range of versions: %w", filter.Semver, err)
		}
	}
	return func(items []source.Item) []source.Item { return orderTags(items, versions) }, nil
}

// orderTags puts the best tag first: the highest of the versions in a range,
// and without a range the last in byte order. What is no version, or is out of
// the range, is left out.
func orderTags(items []source.Item, versions *semver.Constraints) []source.Item {
	if versions == nil {
		return slices.SortedFunc(slices.Values(items), func(a, b source.Item) int { return strings.Compare(b.Tag, a.Tag) })
	}
	type release struct {
		source.Item
		version *semver.Version
	}
	var releases []release
	for _, item := range items {
		if version, err := semver.NewVersion(item.Tag); err == nil && versions.Check(version) {
			releases = append(releases, release{item, version})
		}
	}
	slices.SortFunc(releases, func(a, b release) int {
		return cmp.Or(b.version.Compare(a.version), strings.Compare(b.Tag, a.Tag))
	})
	out := make([]source.Item, len(releases))
	for n, release := range releases {
		out[n] = release.Item
	}
	return out
}
