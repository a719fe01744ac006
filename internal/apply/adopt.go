package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// What nobody owns was made by a person. It is adopted, and it is not the
// owner's to delete. That it was there before stands on the object itself, from
// before it is first written: it goes with the object, outlives every restart,
// and one that is made anew under its name does not have it.
//
//	seen      {labels: {by: hand}}
//	marked    {annotations: {…/adopted: "true"}}     by a field manager of its own, so that no later apply takes it away
//	applied   {labels: {by: hand, …/name: previews}}
//	let go    {labels: {by: hand}}

// take prepares to write over what was seen, and returns it as it is then: it
// refuses what belongs to another, and marks what it adopts.
func (r *applyRun) take(ctx context.Context, want *unstructured.Unstructured, was *Meta) (*Meta, error) {
	if err := r.mayTake(ctx, want, was); err != nil || !r.adopts(object.RefOf(want), was) {
		return was, err
	}
	mark := &unstructured.Unstructured{}
	mark.SetGroupVersionKind(want.GroupVersionKind())
	mark.SetNamespace(want.GetNamespace())
	mark.SetName(want.GetName())
	mark.SetUID(was.UID)
	mark.SetAnnotations(map[string]string{v1.AdoptedAnnotation: "true"})
	if err := r.applied(ctx, mark, r.FieldManager+"-adoption"); err != nil {
		return was, fmt.Errorf("%s was there before: marking that it is adopted: %w", object.RefOf(want), err)
	}
	marked := was.DeepCopy()
	marked.SetAnnotations(mark.GetAnnotations())
	return marked, nil
}

// adopts reports whether an object that may be taken was made by a person. One of the
// owner's that lost its labels was not, as long as it is remembered; what is not known
// is not the owner's to delete.
func (r *applyRun) adopts(ref object.Ref, was *Meta) bool {
	return was != nil && ownerOf(was).Name == "" && !isHandedTo(r.Owner, was) && !r.Memory.made(ref, was.UID)
}

// isAdopted reports whether an object was there before its owner, so that it is
// not the owner's to delete, not even to make it anew.
func isAdopted(owner Owner, m *Meta) bool {
	return m.Annotations[v1.AdoptedAnnotation] != "" && !isHandedTo(owner, m) &&
		!strings.EqualFold(m.Annotations[v1.PruneAnnotation], v1.EnabledValue) &&
		!strings.EqualFold(m.Labels[v1.PruneAnnotation], v1.EnabledValue)
}

// letGo leaves an adopted object as it is, without the marks of its owner.
func (a *Applier) letGo(ctx context.Context, ref object.Ref, was *Meta) error {
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":         was.UID,
		"labels":      map[string]any{nameLabel: nil, namespaceLabel: nil},
		"annotations": map[string]any{v1.AdoptedAnnotation: nil},
	}})
	if err != nil {
		return err
	}
	err = a.Client.Patch(ctx, was.DeepCopy(), client.RawPatch(types.MergePatchType, body), client.FieldOwner(a.FieldManager))
	if err != nil && !isGone(err) {
		return fmt.Errorf("letting go of %s, which was there before: %w", ref, err)
	}
	return nil
}
