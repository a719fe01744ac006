package apply_test

import (
	"testing"

	flux "github.com/fluxcd/cli-utils/pkg/object"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/object"
)

// TestAnInventoryNamesObjectsAsThoseOfFlux holds the ids of inventories against the
// package that Flux's controllers write theirs with.
func TestAnInventoryNamesObjectsAsThoseOfFlux(t *testing.T) {
	rbac := "rbac.authorization.k8s.io"
	for _, kind := range []schema.GroupKind{
		{Kind: "Service"}, {Group: "apps", Kind: "Deployment"},
		{Group: rbac, Kind: "Role"}, {Group: rbac, Kind: "RoleBinding"}, {Group: rbac, Kind: "ClusterRole"}, {Group: rbac, Kind: "ClusterRoleBinding"},
	} {
		for _, namespace := range []string{"", "team-a"} {
			for _, name := range []string{"api", "api.example", "system:api", "a_b", "a__b", "a:_b", "_", "a_b_c_"} {
				ours, theirs := object.RefTo(kind, namespace, name), flux.ObjMetadata{GroupKind: kind, Namespace: namespace, Name: name}
				if ours.ID() != theirs.String() {
					t.Errorf("%s is held as %q, by Flux as %q", ours, ours.ID(), theirs)
				}
				holdID(t, ours.ID())
			}
		}
	}
	for _, id := range []string{"", "_", "__", "___", "a_b", "a_b_c", "a_b_c_d_e", "a:b_c_d_E"} {
		holdID(t, id)
	}
}

// holdID reads an id in both ways.
func holdID(t *testing.T, id string) {
	t.Helper()
	ours, err := object.ParseID(id)
	theirs, refused := flux.ParseObjMetadata(id)
	if (err != nil) != (refused != nil) {
		t.Fatalf("%q: reading it says %v, with Flux %v", id, err, refused)
	}
	if ours != object.RefTo(theirs.GroupKind, theirs.Namespace, theirs.Name) {
		t.Errorf("%q is read as %+v, by Flux as %+v", id, ours, theirs)
	}
}
