package admit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// isTag reports whether a type watches tags, which are ordered by their worth.
func isTag(kind source.Type) bool {
	return kind.Watches == source.Tag || kind.Watches == source.ArtifactTag
}

// versionsOf reads spec.filter.semver; nil where it says nothing, or of what is no
// tag.
func versionsOf(kind source.Type, filter *v1.InputProviderFilter) (*semver.Constraints, error) {
	if !isTag(kind) || filter.Semver == "" {
		return nil, nil
	}
	versions, err := semver.NewConstraint(filter.Semver)
	if err != nil {
		return nil, fmt.Errorf("spec.filter.semver: %q is not a range of versions: %w", filter.Semver, err)
	}
	return versions, nil
}

// rankOf orders tags by their worth; it is nil for what is no tag.
func rankOf(kind source.Type, versions *semver.Constraints) func([]source.Item) ([]source.Item, []Verdict) {
	switch {
	case !isTag(kind):
		return nil
	case versions == nil:
		return lastFirst
	default:
		return func(items []source.Item) ([]source.Item, []Verdict) { return highestFirst(items, versions) }
	}
}

// lastFirst puts the last tag in byte order first.
func lastFirst(items []source.Item) ([]source.Item, []Verdict) {
	return slices.SortedFunc(slices.Values(items), func(a, b source.Item) int { return strings.Compare(b.Tag, a.Tag) }), nil
}

// highestFirst puts the highest version of a range first. What is no version, or
// is out of the range, is refused.
func highestFirst(items []source.Item, versions *semver.Constraints) (ranked []source.Item, refused []Verdict) {
	type release struct {
		source.Item
		version *semver.Version
	}
	var releases []release
	for _, item := range items {
		version, err := semver.NewVersion(item.Tag)
		if err != nil || !versions.Check(version) {
			refused = append(refused, each([]source.Item{item}, refuse(OutOfRange, "semver", fmt.Sprintf("its tag %q is no version in the range of spec.filter.semver", item.Tag)))...)
			continue
		}
		releases = append(releases, release{item, version})
	}
	slices.SortFunc(releases, func(a, b release) int {
		return cmp.Or(b.version.Compare(a.version), strings.Compare(b.Tag, a.Tag))
	})
	for _, release := range releases {
		ranked = append(ranked, release.Item)
	}
	return ranked, refused
}
