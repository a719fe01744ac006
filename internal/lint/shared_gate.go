package lint

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
)

// sharedGate finds two services of one repository that wait for the same label: when
// CI says that the image of one is there, both are deployed, and the other waits for
// its image, or runs that of the push before.
func sharedGate(g sharing) *Finding {
	return &Finding{
		Position: g.one.label(g.label),
		Message: fmt.Sprintf("%q and %q (%s) watch one repository and wait for the same label %q: when CI has pushed the image of one, both are deployed",
			g.one.Object.Name, g.other.Object.Name, g.other.label(g.label), g.label),
		Fix: fmt.Sprintf("let CI set a label for each image, such as build/%s-ready, and require that", strings.TrimSuffix(g.one.Object.Name, "-prs")),
	}
}

// sharing are two watchers with one gate.
type sharing struct {
	one, other Provider
	label      string
}

// sharings finds the watchers that wait for nothing but what another one waits for,
// which comes before.
func sharings(s *Setup) iter.Seq[sharing] {
	return func(yield func(sharing) bool) {
		var before []Provider
		for one := range watchers(s) {
			at := slices.IndexFunc(before, one.sharesGate)
			if at >= 0 && !yield(sharing{one, before[at], one.required()[0]}) {
				return
			}
			before = append(before, one)
		}
	}
}

// sharesGate reports whether two watchers let the same requests in at the same time,
// and for images of their own. One of a name is one, in however many clusters.
func (p Provider) sharesGate(other Provider) bool {
	if p.Object.Name == other.Object.Name && p.Object.Namespace == other.Object.Namespace {
		return false
	}
	own, theirs := sorted(p.required()), sorted(other.required())
	switch {
	case len(own) == 0 || !slices.Equal(own, theirs):
		return false
	case !forge.IsSame(p.Object.Spec.URL, other.Object.Spec.URL) || !p.hasLabels() || p.proves():
		return false
	case !reflect.DeepEqual(p.requests(), other.requests()):
		return false
	}
	images, others := p.images(), other.images()
	return len(images) == 0 || !maps.Equal(images, others)
}

func sorted(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }

// requests says which requests are let in, whatever they touch and CI says of them.
func (p Provider) requests() v1.InputProviderFilter {
	if p.Object.Spec.Filter == nil {
		return v1.InputProviderFilter{}
	}
	out := *p.Object.Spec.Filter
	out.Paths, out.Labels, out.Limit = nil, nil, 0
	return out
}

// images are those of the provider's services that CI builds, without their tags; none
// where that is not known.
func (p Provider) images() map[string]bool {
	out := map[string]bool{}
	for _, service := range p.setup.Services {
		if !slices.ContainsFunc(service.Providers, func(one Provider) bool { return one.Document == p.Document }) {
			continue
		}
		for c := range within(pushes, pair.containers)(service) {
			if c.isOwn() {
				name, _, _ := strings.Cut(c.image, "@")
				out[name[:strings.LastIndex(name+":", ":")]] = true
			}
		}
	}
	return out
}
