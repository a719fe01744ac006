package lint

import (
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/source"
)

// openForks finds a repository that everybody can see, and so fork, whose requests from
// forks run without that anybody has looked at them. One that is read without
// credentials is such; of others nothing here tells. Where a label is required somebody
// sets it, as the workflow of a fork may not.
func openForks(p Provider) *Finding {
	if !p.letsForks() || len(p.required()) > 0 || p.Object.Spec.SecretRef != nil || p.Object.Spec.ServiceAccountName != "" {
		return nil
	}
	return &Finding{
		Position: p.Position(p.Nearest("spec", "url")),
		Message:  "the repository is public, and whoever forks it runs what they like here",
		Fix:      "let somebody look at a fork's commit first, with spec.forks.policy: Approve, or let forks out, with Exclude",
	}
}

// letsForks reports whether requests from forks are inputs as all others.
func (p Provider) letsForks() bool {
	kind, err := source.TypeOf(p.Object.Spec.Type)
	isExcluded := p.Object.Spec.Filter != nil && p.Object.Spec.Filter.Forks == v1.FilterExclude
	return err == nil && kind.Tells.Forks && !isExcluded && p.Object.GetForks().Policy == v1.ForksInclude
}

// forkSource finds a source of the preview's own that stands at what a request has, where
// that may come from a fork: then a stranger writes the manifests that Flux applies.
func forkSource(p pair) *Finding {
	lets := false
	for _, provider := range p.a.part.service.Providers {
		lets = lets || isRequest(provider.Object) && provider.letsForks()
	}
	kind := p.a.GroupVersionKind().GroupKind()
	if !lets || !flux.IsSource(kind) || kind.Kind != "GitRepository" {
		return nil
	}
	for _, field := range []string{"commit", "branch", "name", "tag"} {
		this := textAt(p.a.Object, "spec", "ref", field)
		if this == "" || this == textAt(p.b.Object, "spec", "ref", field) {
			continue
		}
		return &Finding{
			Position: p.a.where("spec", "ref", field),
			Message:  fmt.Sprintf("the %s of the %s is that of the request, which may come from a fork: what Flux applies is written by whoever opened it", field, kind.Kind),
			Fix:      "let somebody look at a fork's commit first, with spec.forks.policy: Approve of the provider, or let forks out, with Exclude; or deploy from a branch of your own",
		}
	}
	return nil
}
