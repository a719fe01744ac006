package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/flux"
)

// names are those of a preview's objects.
type names struct {
	// there are the names of each kind, with the suffix, of objects and of what is made
	// for them.
	there map[string][]string
	// renamed are objects by their kind, and by their names without the suffix.
	renamed map[string]map[string]renamed
	// charts says that a chart is among them.
	charts bool
}

// renamed is an object with a suffix, or what is made for one.
type renamed struct {
	name, namespace string
	// by is the kind of what it is made for, "" for an object.
	by string
	// host finds where a text has the name of a Service without the suffix as a host.
	host *regexp.Regexp
}

// names are those of what is deployed for the first request.
func (s *Service) names() names {
	out := names{there: map[string][]string{}, renamed: map[string]map[string]renamed{}}
	for object := range deployed(s) {
		kind, name := object.GetKind(), object.GetName()
		out.there[kind] = append(out.there[kind], name)
		out.charts = out.charts || flux.IsHelmRelease(object.Unstructured)
		for _, made := range object.makes(name) {
			out.there[made.kind] = append(out.there[made.kind], made.name)
		}
		for _, base := range object.baseNames() {
			out.rename(kind, base, renamed{name: name, namespace: object.namespace()})
			now := object.makes(name)
			for n, was := range object.makes(base) {
				out.rename(was.kind, was.name, renamed{name: now[n].name, namespace: object.namespace(), by: kind})
			}
		}
	}
	return out
}

// rename notes what a name has become.
func (n names) rename(kind, base string, to renamed) {
	if base == to.name {
		return
	}
	if n.renamed[kind] == nil {
		n.renamed[kind] = map[string]renamed{}
	}
	if kind == "Service" {
		to.host = hostOf(base, to.namespace)
	}
	n.renamed[kind][base] = to
}

// isThere reports whether the preview has an object of a kind and a name.
func (n names) isThere(kind, name string) bool { return slices.Contains(n.there[kind], name) }

// numbered is how a name ends, or begins, with the number of the first request.
var numbered = regexp.MustCompile(`^(?:(?:pr|mr)[-.]?)?` + firstNumber + `[-.]|[-.](?:(?:pr|mr|preview|preview-pr)[-.]?)?` + firstNumber + `$`)

// baseNames are the names that an object may have without what makes it a preview's
// own; none for one that is called as it is written.
func (o object) baseNames() []string {
	name := o.GetName()
	var out []string
	if o.sources != nil {
		out = append(out, o.sources.baseName(o.Unstructured))
	}
	if base := numbered.ReplaceAllString(name, ""); !slices.Contains(out, base) {
		out = append(out, base)
	}
	return slices.DeleteFunc(out, func(base string) bool {
		return base == "" || base == name || strings.Contains(base, "${")
	})
}

// hostOf finds a Service's name where a host stands: http://api/, api:8080, user@api,
// api.app-dev.svc, --redis-host=api. That a name alone is meant as a host, its key has
// to say. One in another namespace is another Service.
func hostOf(service, namespace string) *regexp.Regexp {
	name, in := regexp.QuoteMeta(service), `[a-z0-9-]+`
	if namespace != "" {
		in = regexp.QuoteMeta(namespace)
	}
	return regexp.MustCompile(`(?i)(://|@)` + name + `([:/?]|\.` + in + `(\.svc\b|[:/]|$)|$)` +
		`|(host|hostname|addr|address|endpoint|upstream|url)[=:]\s*["']?` + name + `(["':/\s]|$)` +
		`|(^|[\s,="'])` + name + `(:\d+\b|\.` + in + `\.svc\b)`)
}
