package admit

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// filtered is for what does not pass a field of spec.filter.
func filtered(what, field string) *Verdict {
	return refuse(Filtered, field, what+" does not pass spec.filter."+field)
}

// filterLabels wants all labels of spec.filter.labels.
func filterLabels(labels []string) rule {
	return func(item source.Item, _ Known) *Verdict {
		if label, lacks := lacking(item, labels); lacks {
			return refuse(Filtered, "labels", fmt.Sprintf("it lacks the label %q that spec.filter.labels asks for", label))
		}
		return nil
	}
}

// pattern is the expression of a field; without one it lets everything pass.
type pattern struct {
	field string
	*regexp.Regexp
}

// refName and targetOf are what a pattern is held against, and its words.
func refName(item source.Item) (name, what string) {
	return item.RefName(), fmt.Sprintf("its branch %q", item.RefName())
}

func targetOf(item source.Item) (name, what string) {
	return item.TargetBranch, fmt.Sprintf("its target branch %q", item.TargetBranch)
}

// included wants what a pattern matches.
func included(by pattern, of func(source.Item) (name, what string)) rule {
	return func(item source.Item, _ Known) *Verdict {
		name, what := of(item)
		if by.Regexp == nil || by.MatchString(name) {
			return nil
		}
		return filtered(what, by.field)
	}
}

// excluded wants what a pattern does not match.
func excluded(by pattern, of func(source.Item) (name, what string)) rule {
	return func(item source.Item, _ Known) *Verdict {
		name, what := of(item)
		if by.Regexp == nil || !by.MatchString(name) {
			return nil
		}
		return filtered(what, by.field)
	}
}

// drafts wants no draft where they are excluded.
func drafts(choice string) rule {
	return func(item source.Item, _ Known) *Verdict {
		if item.Draft && choice == v1.FilterExclude {
			return filtered("a draft", "drafts")
		}
		return nil
	}
}

// forks wants no request from a fork where they are excluded.
func forks(choice string) rule {
	return func(item source.Item, _ Known) *Verdict {
		if item.Fork && choice == v1.FilterExclude {
			return filtered("a request from a fork", "forks")
		}
		return nil
	}
}

// authors wants what one of the authors has written.
func authors(names []string) rule {
	return func(item source.Item, _ Known) *Verdict {
		if isBy(item, names) {
			return nil
		}
		return filtered(fmt.Sprintf("its author %q", item.Author), "authors")
	}
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

// updatedWithin wants what somebody has touched lately. What an answer does not
// tell is no reason to drop anything.
func updatedWithin(filter *v1.InputProviderFilter, now time.Time) rule {
	return func(item source.Item, _ Known) *Verdict {
		if filter.UpdatedWithin == nil || item.UpdatedAt.IsZero() || now.Sub(item.UpdatedAt) <= filter.UpdatedWithin.Duration {
			return nil
		}
		verdict := filtered("its last update, "+item.UpdatedAt.UTC().Format(time.RFC3339)+",", "updatedWithin")
		verdict.Since = item.UpdatedAt.Add(filter.UpdatedWithin.Duration)
		return verdict
	}
}

// freshFor is for how long an item passes updatedWithin; 0 for ever.
func freshFor(filter *v1.InputProviderFilter) time.Duration {
	if filter.UpdatedWithin == nil {
		return 0
	}
	return filter.UpdatedWithin.Duration
}

// staleAt is when an item passes updatedWithin no more; zero for never.
func (c *Chain) staleAt(item source.Item) time.Time {
	if c.fresh == 0 || item.UpdatedAt.IsZero() {
		return time.Time{}
	}
	return item.UpdatedAt.Add(c.fresh)
}

// pair is a pattern to include and one to exclude.
type pair struct{ include, exclude pattern }

// patterns compiles those for names and those for target branches.
func patterns(spec *v1.InputProviderFilter) (names, targets pair, err error) {
	for _, one := range []struct {
		into        *pattern
		field, expr string
	}{
		{&names.include, nameField("include", spec.IncludeEnvironment, spec.IncludeTag), cmp.Or(spec.IncludeEnvironment, spec.IncludeTag, spec.IncludeBranch)},
		{&names.exclude, nameField("exclude", spec.ExcludeEnvironment, spec.ExcludeTag), cmp.Or(spec.ExcludeEnvironment, spec.ExcludeTag, spec.ExcludeBranch)},
		{&targets.include, "includeTargetBranch", spec.IncludeTargetBranch},
		{&targets.exclude, "excludeTargetBranch", spec.ExcludeTargetBranch},
	} {
		if *one.into, err = expression(one.field, one.expr); err != nil {
			return names, targets, err
		}
	}
	return names, targets, nil
}

// nameField is the field whose pattern for names counts. The contract lets that
// for environments beat that for tags, and that for tags that for branches,
// whatever the type of the provider.
func nameField(verb, environment, tag string) string {
	switch {
	case environment != "":
		return verb + "Environment"
	case tag != "":
		return verb + "Tag"
	default:
		return verb + "Branch"
	}
}

// expression compiles the expression of a field, "" to a pattern without one. The
// error names the field.
func expression(field, expr string) (pattern, error) {
	if expr == "" {
		return pattern{field: field}, nil
	}
	compiled, err := regexp.Compile(expr)
	if err != nil {
		return pattern{}, fmt.Errorf("spec.filter.%s: %q is not a valid RE2 expression: %w", field, expr, err)
	}
	return pattern{field, compiled}, nil
}
