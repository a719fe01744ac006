package watcher

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// A filter says whether an item may be an input. It looks at nothing else.
type filter struct {
	// field of spec.filter.
	field string
	// lets an item pass.
	lets func(source.Item) bool
}

// compileFilters reads spec.filter but for the paths, which need more than the
// item. The error names the field.
func compileFilters(spec *v1.InputProviderFilter, now time.Time) ([]filter, error) {
	include, exclude, err := names(spec)
	if err != nil {
		return nil, err
	}
	into, err := expression("includeTargetBranch", spec.IncludeTargetBranch)
	if err != nil {
		return nil, err
	}
	notInto, err := expression("excludeTargetBranch", spec.ExcludeTargetBranch)
	if err != nil {
		return nil, err
	}
	return []filter{
		{"labels", func(item source.Item) bool { return hasAll(item, spec.Labels) }},
		{include.field, func(item source.Item) bool { return include.Regexp == nil || include.MatchString(item.RefName()) }},
		{exclude.field, func(item source.Item) bool { return exclude.Regexp == nil || !exclude.MatchString(item.RefName()) }},
		{"includeTargetBranch", func(item source.Item) bool { return into == nil || into.MatchString(item.TargetBranch) }},
		{"excludeTargetBranch", func(item source.Item) bool { return notInto == nil || !notInto.MatchString(item.TargetBranch) }},
		{"drafts", func(item source.Item) bool { return !item.Draft || spec.Drafts != v1.FilterExclude }},
		{"forks", func(item source.Item) bool { return !item.Fork || spec.Forks != v1.FilterExclude }},
		{"authors", func(item source.Item) bool { return isBy(item, spec.Authors) }},
		{"updatedWithin", func(item source.Item) bool {
			// What an answer does not tell is no reason to drop anything.
			return spec.UpdatedWithin == nil || item.UpdatedAt.IsZero() || now.Sub(item.UpdatedAt) <= spec.UpdatedWithin.Duration
		}},
	}, nil
}

// isBy reports whether one of the authors has written an item: one that is
// named and none that is excluded, or anybody else where none is named.
func isBy(item source.Item, authors []string) bool {
	named, ours := false, false
	for _, author := range authors {
		name, excluded := strings.CutPrefix(author, "!")
		is := strings.EqualFold(name, item.WrittenBy())
		if excluded && is {
			return false
		}
		named = named || !excluded
		ours = ours || !excluded && is
	}
	return ours || !named
}

// touches reports whether one of the files matches one of the globs.
func touches(files, globs []string) bool {
	return slices.ContainsFunc(files, func(file string) bool {
		return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, file) })
	})
}

// checkPaths refuses what is no glob, or none that could match.
func checkPaths(globs []string) error {
	for n, glob := range globs {
		switch {
		case strings.HasPrefix(glob, "!"):
			return fmt.Errorf("spec.filter.paths[%d]: %q: paths say what is included, and cannot exclude", n, glob)
		case strings.HasPrefix(glob, "/") || strings.HasPrefix(glob, "./"):
			return fmt.Errorf("spec.filter.paths[%d]: %q: write it from the root of the repository, as in services/api/**", n, glob)
		case !doublestar.ValidatePattern(glob):
			return fmt.Errorf("spec.filter.paths[%d]: %q is not a valid glob such as services/api/** or **/*.go", n, glob)
		}
	}
	return nil
}

// checkTold refuses filters by what the type does not tell: they would let
// everything pass, or nothing.
func checkTold(providerType string, spec *v1.InputProviderFilter) error {
	kind, err := source.TypeOf(providerType)
	if err != nil {
		return nil //nolint:nilerr // it is refused when it is opened
	}
	tells := kind.Tells
	asked := []struct {
		field       string
		used, known bool
	}{
		{"labels", len(spec.Labels) > 0, tells.Labels},
		{"includeTargetBranch", spec.IncludeTargetBranch != "", tells.TargetBranch},
		{"excludeTargetBranch", spec.ExcludeTargetBranch != "", tells.TargetBranch},
		{"drafts", spec.Drafts == v1.FilterExclude, tells.Drafts},
		{"forks", spec.Forks == v1.FilterExclude, tells.Forks},
		{"authors", len(spec.Authors) > 0, tells.Author},
		{"updatedWithin", spec.UpdatedWithin != nil, tells.Updated},
		{"paths", len(spec.Paths) > 0, tells.Files},
	}
	var all []error
	for _, one := range asked {
		if one.used && !one.known {
			all = append(all, fmt.Errorf("spec.filter.%s: a provider of type %s cannot tell: remove it", one.field, providerType))
		}
	}
	return errors.Join(all...)
}

// expression compiles an expression, nil for an empty one.
func expression(field, expr string) (*regexp.Regexp, error) {
	if expr == "" {
		return nil, nil
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("spec.filter.%s: %q is not a valid RE2 expression: %w", field, expr, err)
	}
	return re, nil
}

// namePattern is the expression of a field; nil when the field is not set.
type namePattern struct {
	field string
	*regexp.Regexp
}

// names compiles the one pattern to include and the one to exclude. The
// contract lets an environment's beat a tag's, and a tag's a branch's,
// whatever the type of the provider.
func names(spec *v1.InputProviderFilter) (include, exclude namePattern, err error) {
	include, err = pattern("include", spec.IncludeEnvironment, spec.IncludeTag, spec.IncludeBranch)
	if err != nil {
		return include, exclude, err
	}
	exclude, err = pattern("exclude", spec.ExcludeEnvironment, spec.ExcludeTag, spec.ExcludeBranch)
	return include, exclude, err
}

// pattern compiles the first of three expressions that is set.
func pattern(verb string, environment, tag, branch string) (namePattern, error) {
	field, expr := verb+"Branch", branch
	switch {
	case environment != "":
		field, expr = verb+"Environment", environment
	case tag != "":
		field, expr = verb+"Tag", tag
	}
	re, err := expression(field, expr)
	return namePattern{field, re}, err
}
