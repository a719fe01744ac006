package lint

import (
	"fmt"
	"iter"
	"reflect"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// sameName finds objects that two previews of a service, or two services, call
// by the same name: one takes the other's place, back and forth.
var sameName = all(
	inServices(each(stampedNeighbours, sameInPreviews), each(neighbours, sameInPreviews), each(within(neighbours, pair.mades), sameMade)),
	each(twins, sameInServices),
)

// sameInPreviews finds an object that two previews have in common.
func sameInPreviews(p pair) *Finding {
	s := p.a.part.service
	if len(s.Set.Spec.InputsFrom) == 0 || !p.isSame() || p.a.isVerbatim() || isClusterScoped(p.a.GetKind()) || p.a.isOneForAll() {
		return nil
	}
	fix := "put the number into its name: nameSuffix: -${PR_NUMBER} in the overlay"
	if p.a.sources == nil {
		fix = "put the number into its name: << inputs.id >>"
	}
	return &Finding{
		Position: p.a.where("metadata", "name"),
		Message:  fmt.Sprintf("all previews have the same %s %q: the last one wins, and the first that is closed takes it away", p.a.GetKind(), p.a.GetName()),
		Fix:      fix,
	}
}

// sameMade finds what is made for the objects of two previews by one name.
func sameMade(p pairMade) *Finding {
	if len(p.a.part.service.Set.Spec.InputsFrom) == 0 {
		return nil
	}
	path := p.a.names(p.name)
	position := p.a.where(path...)
	return &Finding{
		Position: position,
		Message: fmt.Sprintf("the %s of every preview makes the same %s %q (%s): it belongs to the first, and the others fail",
			p.a.GetKind(), p.kind, p.name, manifest.Dotted(path)),
		Fix: p.a.repair(position, fmt.Sprintf("put the number into it: %s-%s, and where it is read", p.name, p.a.number())),
	}
}

// names is the path of the first value of an object, beside its own name, that is a text.
func (o object) names(text string) []any {
	for _, leaf := range leaves(o.Object["spec"], "spec") {
		if leaf.value == text {
			return leaf.path
		}
	}
	return []any{"metadata", "name"}
}

// isOneForAll reports whether an object of the first sample comes of what all
// previews stamp alike, beside something of their own: it goes with the last of
// them.
func (o object) isOneForAll() bool {
	own, alike := false, false
	for other := range stampedNeighbours(o.part.service) {
		own = own || !other.isSame()
		this := other.a.Unstructured == o.part.Stamped.Unstructured
		alike = alike || this && reflect.DeepEqual(other.a.Object, other.b.Object)
	}
	return own && alike
}

// twins are objects of two services that have one identity. The same set twice is
// two versions of it, not two services. One whose inputs are written by hand has no
// requests whose number another could share: it may be that of another cluster.
func twins(s *Setup) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		var before []identities
		for _, service := range s.Services {
			if !service.hasPreviews() {
				continue
			}
			own := identified(service)
			for _, other := range before {
				if service.String() != other.service.String() && !own.twins(other, yield) {
					return
				}
			}
			before = append(before, own)
		}
	}
}

// identities are the objects of a service for the first request.
type identities struct {
	service *Service
	objects []object
	// names are the identities of the objects, each at its place.
	names []string
	by    map[string]object
}

func identified(s *Service) identities {
	out := identities{service: s, by: map[string]object{}}
	for object := range everything(s) {
		out.objects, out.names = append(out.objects, object), append(out.names, object.identity())
		out.by[object.identity()] = object
	}
	return out
}

// twins yields those of two services, and reports whether more are wanted.
func (i identities) twins(other identities, yield func(pair) bool) bool {
	for n, object := range i.objects {
		if twin, taken := other.by[i.names[n]]; taken && !yield(pair{object, twin}) {
			return false
		}
	}
	return true
}

// sameInServices finds an object that two services have in common.
func sameInServices(p pair) *Finding {
	return &Finding{
		Position: p.a.where("metadata", "name"),
		Message: fmt.Sprintf("%s and %s both make the %s %q for the same number (%s): they take each other's place",
			p.a.part.service, p.b.part.service, p.a.GetKind(), p.a.GetName(), p.b.where("metadata", "name")),
		Fix: "put the service's name before the number",
	}
}
