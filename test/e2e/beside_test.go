package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// beside watches the repository of the story by another provider of a name, which wants
// no label and what it is changed to want, and stamps out resources by a set of the same
// name. Both are gone with the test.
func beside(t *testing.T, name string, wants func(*v1.ResourceSetInputProviderSpec), resources string) {
	t.Helper()
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: actors.Namespace, Annotations: map[string]string{v1.ReconcileEveryAnnotation: "2s"}},
		Spec:       *get(t, actors.Provider, &v1.ResourceSetInputProvider{}).Spec.DeepCopy(),
	}
	provider.Spec.Skip = nil
	wants(&provider.Spec)
	must(t, world.Kube.Create(t.Context(), provider))
	must(t, world.Apply(t.Context(), `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: `+name+`, namespace: `+actors.Namespace+`}
spec:
  inputsFrom: [{name: `+name+`}]
  resources:
`+resources))
	leave(t, name, &v1.ResourceSet{}, provider)
}

// leave deletes objects of a name, in this order, once the test is over.
func leave(t *testing.T, name string, objects ...client.Object) {
	t.Helper()
	t.Cleanup(func() {
		for _, object := range objects {
			object.SetName(name)
			object.SetNamespace(actors.Namespace)
			if err := world.Kube.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		}
	})
}

// heldBy claims that a provider holds a request back, at its commit and with a line that
// is so.
func heldBy(provider string, pr actors.PullRequest, what string, so func(v1.HeldRequest) bool) actors.Claim {
	return actors.Claim{What: fmt.Sprintf("pull request %d is held: %s", pr.Number, what), Within: 90 * time.Second, Check: func(ctx context.Context) error {
		found := &v1.ResourceSetInputProvider{}
		if err := world.Get(ctx, provider, found); err != nil {
			return err
		}
		for _, line := range found.Status.Held {
			if line.ID == pr.ID() && line.SHA == pr.SHA && so(line) {
				return nil
			}
		}
		return fmt.Errorf("held are %+v; %+v", found.Status.Held, found.Status.Conditions)
	}}
}

// noteIs claims that the ConfigMap of a request, of a set of a name, has data; that there
// is none where there is no data.
func noteIs(set string, pr actors.PullRequest, data map[string]string) actors.Claim {
	name := set + "-" + pr.ID()
	return actors.Claim{What: fmt.Sprintf("%s is %v", name, data), Within: 90 * time.Second, Check: func(ctx context.Context) error {
		made := &corev1.ConfigMap{}
		err := world.Get(ctx, name, made)
		switch {
		case apierrors.IsNotFound(err) && data == nil:
			return nil
		case err != nil:
			return err
		case data == nil:
			return fmt.Errorf("it is %v", made.Data)
		}
		for key, value := range data {
			if made.Data[key] != value {
				return fmt.Errorf("it is %v", made.Data)
			}
		}
		return nil
	}}
}
