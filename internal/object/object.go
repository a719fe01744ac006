// Package object names the objects of a cluster, as inventories do and as people do.
package object

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Ref names one object. It does not hold the version: an object is the same in
// each version that it is served in.
type Ref struct {
	Group, Kind, Namespace, Name string
}

// RefOf returns the name of an object.
func RefOf(o *unstructured.Unstructured) Ref {
	return RefTo(o.GroupVersionKind().GroupKind(), o.GetNamespace(), o.GetName())
}

// RefTo returns the name of the object of a kind; without a namespace ("") it is
// one of the cluster.
func RefTo(kind schema.GroupKind, namespace, name string) Ref {
	return Ref{Group: kind.Group, Kind: kind.Kind, Namespace: namespace, Name: name}
}

// String returns Kind/namespace/name, or Kind/name without a namespace.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// GroupKind is the kind of the object.
func (r Ref) GroupKind() schema.GroupKind { return schema.GroupKind{Group: r.Group, Kind: r.Kind} }

// The parts of an ID stand between separators. The colon, which names of RBAC's
// objects may have and keys of ConfigMaps may not, stands in it as two of them.
const separator, colon = "_", "__"

// rbac is the group of the objects whose names may have a colon.
const rbac = "rbac.authorization.k8s.io"

// ID returns the name as the inventories of Flux and of Eddy hold it:
// namespace_name_group_kind. Not each name comes back from [ParseID]; one that has
// the separator twice does not.
func (r Ref) ID() string {
	name := r.Name
	if r.Group == rbac {
		name = strings.ReplaceAll(name, ":", colon)
	}
	return strings.Join([]string{r.Namespace, name, r.Group, r.Kind}, separator)
}

// ParseID reads a name that an inventory holds. The error repeats it.
func ParseID(id string) (Ref, error) {
	namespace, rest, _ := strings.Cut(id, separator)
	parts := strings.Split(rest, separator)
	last := len(parts) - 1
	if last < 2 {
		return Ref{}, fmt.Errorf("%q names no object: it is not namespace_name_group_kind", id)
	}
	name := strings.ReplaceAll(strings.Join(parts[:last-1], separator), colon, ":")
	return Ref{Group: parts[last-1], Kind: parts[last], Namespace: namespace, Name: name}, nil
}
