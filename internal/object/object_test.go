package object_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/object"
)

func TestAnObjectIsNamedForPeopleAndForInventories(t *testing.T) {
	role := schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "Role"}
	for _, c := range []struct {
		ref       object.Ref
		words, id string
		otherName string
	}{
		{object.RefTo(schema.GroupKind{Group: "apps", Kind: "Deployment"}, "team-a", "api"), "Deployment/team-a/api", "team-a_api_apps_Deployment", ""},
		{object.RefTo(schema.GroupKind{Kind: "Namespace"}, "", "pr-1"), "Namespace/pr-1", "_pr-1__Namespace", ""},
		{object.RefTo(role, "team-a", "system:reader"), "Role/team-a/system:reader", "team-a_system__reader_rbac.authorization.k8s.io_Role", ""},
		{object.RefTo(role, "team-a", "one_two"), "Role/team-a/one_two", "team-a_one_two_rbac.authorization.k8s.io_Role", ""},
		{object.RefTo(role, "team-a", "one__two"), "Role/team-a/one__two", "team-a_one__two_rbac.authorization.k8s.io_Role", "one:two"},
	} {
		if got := c.ref.String(); got != c.words {
			t.Errorf("people read %s, want %s", got, c.words)
		}
		if got := c.ref.ID(); got != c.id {
			t.Errorf("an inventory holds %s, want %s", got, c.id)
		}
		want := c.ref
		if c.otherName != "" {
			want.Name = c.otherName
		}
		if got, err := object.ParseID(c.id); err != nil || got != want {
			t.Errorf("%s is read as %+v (%v), want %+v", c.id, got, err, want)
		}
	}
}

func TestWhatNamesNoObjectIsAnError(t *testing.T) {
	for _, id := range []string{"", "api", "team-a_api", "team-a_api_Deployment"} {
		if got, err := object.ParseID(id); err == nil {
			t.Errorf("%q is read as %+v", id, got)
		}
	}
}

func TestAnObjectIsTheSameInEachVersion(t *testing.T) {
	o := &unstructured.Unstructured{}
	o.SetNamespace("team-a")
	o.SetName("api")
	for _, version := range []string{"v1beta1", "v1"} {
		o.SetGroupVersionKind(schema.GroupVersionKind{Group: "apps", Version: version, Kind: "Deployment"})
		if got := object.RefOf(o).String(); got != "Deployment/team-a/api" {
			t.Errorf("in %s it is %s", version, got)
		}
	}
}
