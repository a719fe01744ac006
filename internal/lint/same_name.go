package lint

import (
	"fmt"
	"reflect"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// sameName finds objects that two previews of a service, or two services, call
// by the same name: one takes the other's place, back and forth.
func sameName(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		out = append(out, service.sameName()...)
	}
	for n, service := range s.Services {
		for _, other := range s.Services[:n] {
			// The same set twice is two versions of it, not two services.
			if service.String() != other.String() {
				out = append(out, service.sharedWith(other)...)
			}
		}
	}
	return out
}

// sameName compares two previews of a service.
func (s *Service) sameName() []Finding {
	var out []Finding
	if len(s.Set.Spec.InputsFrom) == 0 {
		return nil
	}
	stamped := s.stamped(s.Samples.First, s.Samples.Second)
	for _, pair := range append(stamped, s.pairs(s.Samples.First, s.Samples.Second)...) {
		if identity(pair.a) != identity(pair.b) || isClusterScoped(pair.a.GetKind()) || s.isOneForAll(pair.a) {
			continue
		}
		fix := "put the number into its name: nameSuffix: -${PR_NUMBER} in the overlay"
		if pair.a.layer == nil {
			fix = "put the number into its name: << inputs.id >>"
		}
		out = append(out, Finding{
			Position: pair.a.where("metadata", "name"),
			Message:  fmt.Sprintf("all previews have the same %s %q: the last one wins, and the first that is closed takes it away", pair.a.GetKind(), pair.a.GetName()),
			Fix:      fix,
		})
	}
	return out
}

// isOneForAll reports whether an object of the first sample comes of what all
// previews stamp alike, beside something of their own: it goes with the last of
// them.
func (s *Service) isOneForAll(object deployed) bool {
	own, alike := false, false
	for _, pair := range s.stamped(s.Samples.First, s.Samples.Second) {
		own = own || identity(pair.a) != identity(pair.b)
		this := pair.a.Unstructured == object.part.Stamped.Unstructured
		alike = alike || this && reflect.DeepEqual(pair.a.Object, pair.b.Object)
	}
	return own && alike
}

// sharedWith compares two services.
func (s *Service) sharedWith(other *Service) []Finding {
	theirs := map[string]manifest.Position{}
	for _, object := range other.everything() {
		theirs[identity(object)] = object.where("metadata", "name")
	}
	var out []Finding
	for _, object := range s.everything() {
		if position, taken := theirs[identity(object)]; taken {
			out = append(out, Finding{
				Position: object.where("metadata", "name"),
				Message: fmt.Sprintf("%s and %s both make the %s %q for the same number (%s): they take each other's place",
					s, other, object.GetKind(), object.GetName(), position),
				Fix: "put the service's name before the number",
			})
		}
	}
	return out
}

// everything is what the service stamps out and deploys for the first sample.
func (s *Service) everything() []deployed {
	var out []deployed
	for _, part := range s.Samples.First.Parts {
		if part.Kustomization != nil {
			out = append(out, deployed{part.Stamped.Unstructured, s, part, nil})
		}
	}
	return append(out, s.deployed(s.Samples.First)...)
}

// identity is what an object is in the cluster, whatever its version.
func identity(object deployed) string {
	gk := object.GroupVersionKind().GroupKind()
	if isClusterScoped(gk.Kind) {
		return gk.String() + "/" + object.GetName()
	}
	return gk.String() + "/" + object.namespace() + "/" + object.GetName()
}
