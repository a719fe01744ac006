package preview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// endings are what the names of providers and ResourceSets end in beside the
// service: the first that fits is dropped.
func endings() []string {
	return []string{
		"-pull-requests", "-merge-requests", "-pull-request", "-merge-request",
		"-pr-previews", "-mr-previews", "-pr-envs", "-mr-envs", "-previews", "-preview", "-envs",
		"-prs", "-mrs", "-pr", "-mr", "-branches", "-tags",
	}
}

// short returns a name without its ending.
func short(name string) string {
	for _, ending := range endings() {
		if rest, found := strings.CutSuffix(name, ending); found && rest != "" {
			return rest
		}
	}
	return name
}

// source is what a preview is called after: its provider; of a permutation,
// which combines several, its set.
func (p View) source() string {
	if p.Key().IsPermutation() {
		return p.Set
	}
	return p.Provider
}

// name gives each preview its service and its name.
func name(previews []View) {
	sources := map[[2]string]map[string]bool{} // by namespace and what they would be called
	sets := map[[2]string]map[string]bool{}    // by namespace and source
	add := func(to map[[2]string]map[string]bool, namespace, key, value string) {
		at := [2]string{namespace, key}
		if to[at] == nil {
			to[at] = map[string]bool{}
		}
		to[at][value] = true
	}
	for _, p := range previews {
		add(sources, p.Namespace, short(p.source()), p.source())
		add(sources, p.Namespace, p.source(), p.source())
		add(sets, p.Namespace, p.source(), p.Set)
	}
	for i := range previews {
		p := &previews[i]
		p.Service = short(p.source())
		if len(sources[[2]string{p.Namespace, p.Service}]) > 1 {
			p.Service = p.source()
		}
		if len(sets[[2]string{p.Namespace, p.source()}]) > 1 {
			p.Service = p.Set + "/" + p.source()
		}
		p.Name = p.Service + "/" + p.ID
	}
}

// names are what a preview may be called, in order: where a name fits one
// preview in full, another that it fits in short does not count.
func (p View) names() [][]string {
	return [][]string{
		{p.Name, p.Key().String(), p.FullName()},
		{p.Set + "/" + p.ID},
		{short(p.source()) + "/" + p.ID, short(p.Set) + "/" + p.ID},
		{p.ID},
	}
}

// NotFoundError says that there is no such preview.
type NotFoundError struct {
	Name string
	// Known are the names of those that there are.
	Known []string
}

// Error names what is near.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no preview %q", e.Name) + e.Hint()
}

// Hint asks for the name that is near; "" when none is.
func (e *NotFoundError) Hint() string { return suggest.Hint(e.Name, e.Known) }

// AmbiguousError says that a name fits several previews.
type AmbiguousError struct {
	Name string
	Fits []string
}

// Error lists them.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q fits %d previews: %s; name one of them", e.Name, len(e.Fits), strings.Join(e.Fits, ", "))
}

// Find returns the preview that a person means. The error is a *NotFoundError
// or an *AmbiguousError.
func Find(name string, previews []View) (View, error) {
	for level := range len(View{}.names()) {
		var fits []View
		for _, p := range previews {
			if slices.Contains(p.names()[level], name) {
				fits = append(fits, p)
			}
		}
		switch len(fits) {
		case 0:
		case 1:
			return fits[0], nil
		default:
			return View{}, &AmbiguousError{Name: name, Fits: Names(fits)}
		}
	}
	return View{}, &NotFoundError{Name: name, Known: Names(previews)}
}

// Names lists the names of previews.
func Names(previews []View) []string {
	out := make([]string, 0, len(previews))
	for _, p := range previews {
		out = append(out, p.Name)
	}
	return out
}
