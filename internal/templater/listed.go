package templater

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/rollout"
)

const (
	// mostListed is how many objects of a kind are looked at in one place: a request may
	// have a workload of its own make as many pods as there is no quota against.
	mostListed = 10_000
	// listPage is how many of them are asked for at once.
	listPage = 1000
)

// lister lists as an account, and so many objects at most.
type lister struct {
	account client.Client
	most    int
}

// list implements rollout.Lister. What is more than that is not looked at, as a part of it
// says nothing of the rest.
func (l lister) list(ctx context.Context, place rollout.Place) ([]unstructured.Unstructured, error) {
	var out []unstructured.Unstructured
	for next := ""; ; {
		page := &unstructured.UnstructuredList{}
		page.SetGroupVersionKind(place.GroupVersion().WithKind(place.Kind + "List"))
		err := l.account.List(ctx, page, client.InNamespace(place.Namespace), client.Limit(min(listPage, l.most+1)), client.Continue(next))
		if err != nil {
			return nil, err
		}
		for n := range page.Items {
			page.Items[n].SetManagedFields(nil) // nobody looks at them, and they take as much room as the rest
		}
		out, next = append(out, page.Items...), page.GetContinue()
		switch {
		case len(out) > l.most:
			return nil, fmt.Errorf("there are more than %d objects of kind %s in %s, which is as many as are looked at", l.most, place.Kind, inWords(place.Namespace))
		case next == "":
			return out, nil
		}
	}
}

// inWords says where a listing looks.
func inWords(namespace string) string {
	if namespace == "" {
		return "all namespaces"
	}
	return "namespace " + namespace
}
