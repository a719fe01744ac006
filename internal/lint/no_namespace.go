package lint

import (
	"slices"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// noNamespace finds objects that have no namespace in the end, and namespaces that are
// to be a preview's own and that nobody makes: nothing can be applied there.
var noNamespace = all(
	inServices(each(everything, unplaced)),
	homeless,
)

// unplaced finds an object that is to be in a namespace, and in none.
func unplaced(o object) *Finding {
	if o.GetNamespace() != "" || !o.isNamespaced() {
		return nil
	}
	what, fix := simulate.NoNamespace(o.Unstructured)
	if o.sources == nil {
		return &Finding{Position: o.where("metadata", "name"), Message: what, Fix: "write metadata.namespace"}
	}
	return &Finding{Position: o.part.where("spec", "path"), Message: what, Fix: fix}
}

// isNamespaced reports whether a kind is known to be in namespaces.
func (o object) isNamespaced() bool {
	return !isClusterScoped(o.GetKind()) && simulate.IsNamespaced(o.Unstructured)
}

// homeless finds what is put into a namespace that differs from preview to preview, and
// that none of what is stamped out or deployed makes.
func homeless(s *Setup) []Finding {
	made := map[string]bool{}
	for object := range within(services, func(s *Service) []object { return slices.Collect(everything(s)) })(s) {
		made[simulate.NamespaceMadeBy(object.Unstructured)] = true
	}
	hiding := slices.DeleteFunc(slices.Clone(s.Services), func(one *Service) bool { return !one.hides() })
	return inServices(func(service *Service) []Finding {
		if slices.ContainsFunc(hiding, func(other *Service) bool { return other == service || other.sharesProvider(service) }) {
			return nil // it may be in what nobody has seen
		}
		missing := func(p pair) *Finding { return homelessIn(p, made) }
		return all(each(stampedNeighbours, missing), each(neighbours, missing))(service)
	})(s)
}

// homelessIn finds an object in a namespace that nobody makes.
func homelessIn(p pair, made map[string]bool) *Finding {
	for _, path := range [][]any{{"metadata", "namespace"}, {"spec", "targetNamespace"}} {
		namespace := textAt(p.a.Object, path...)
		if namespace == "" || made[namespace] || namespace == textAt(p.b.Object, path...) {
			continue
		}
		if ks := p.a.part.Kustomization; p.a.sources != nil && ks.Spec.TargetNamespace == namespace {
			return nil // it is said of the Kustomization
		}
		what, fix := simulate.NobodyMakes(namespace, p.a.GetKind())
		return &Finding{Position: p.a.placed(path...), Message: what, Fix: fix}
	}
	return nil
}

// placed is where the object gets its namespace: of the overlay, or of its own.
func (o object) placed(path ...any) manifest.Position {
	if o.sources != nil && o.sources.overlay != nil {
		if node := o.sources.overlay.At("namespace"); node != nil {
			return o.sources.overlay.Position(node)
		}
	}
	return o.where(path...)
}

// sharesProvider reports whether two services are of the same requests.
func (s *Service) sharesProvider(other *Service) bool {
	return slices.ContainsFunc(s.Providers, func(p Provider) bool {
		return slices.ContainsFunc(other.Providers, func(o Provider) bool { return p.Document == o.Document })
	})
}

// hides reports whether something that may hold a Namespace could not be looked at.
func (s *Service) hides() bool {
	if s.Err != nil || s.isPartial() {
		return true
	}
	return slices.ContainsFunc(s.stamped(), func(p part) bool { return p.Err != nil || p.Kustomization != nil && len(p.Deployed) == 0 })
}
