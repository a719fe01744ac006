package apply

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
)

// foreign is an object in the cluster that is not the owner's, and what the
// owner would write over it.
type foreign struct {
	*Meta
	want *unstructured.Unstructured
}

// claims tell, each in its way, whom an object says that it belongs to; "" where
// it does not say, or where that one is gone. The first that knows decides.
//
//	what is found                                   becomes of it
//	the owner's labels, or handed over to it        it is the owner's
//	a claim                                         refused, naming who has it
//	the labels of a set that is gone                it is the owner's
//	neither: somebody made it by hand               adopted: see adopt.go
var claims = []func(*applyRun, context.Context, foreign) (string, error){
	// another ResourceSet has labelled it
	(*applyRun).claimOfSet,
	// its controller would put it back, or takes it along when it goes
	(*applyRun).claimOfController,
	// Flux would put it back, or prune it
	(*applyRun).claimOfFlux,
	// an upgrade would put it back, an uninstall delete it
	(*applyRun).claimOfRelease,
	// other deployers, by what they write on what they deploy
	(*applyRun).claimOfMark,
}

// mayTake refuses an object that belongs to another who is still there.
func (r *applyRun) mayTake(ctx context.Context, want *unstructured.Unstructured, was *Meta) error {
	if was == nil || owns(r.Owner, was) || isHandedTo(r.Owner, was) {
		return nil
	}
	ref := object.RefOf(want)
	for _, claim := range claims {
		holder, err := claim(r, ctx, foreign{was, want})
		if err != nil {
			return fmt.Errorf("looking up the owner of %s: %w", ref, err)
		}
		if holder != "" {
			return fmt.Errorf("%s belongs to %s: give one of the two another name, or annotate the object in the cluster with %s: %s to hand it over",
				ref, holder, v1.HandOverAnnotation, r.Owner)
		}
	}
	return nil
}

func (r *applyRun) claimOfSet(ctx context.Context, f foreign) (string, error) {
	other := ownerOf(f.Meta)
	if other.Name == "" {
		return "", nil
	}
	exists, err := r.OwnerExists(ctx, other)
	if err != nil || !exists {
		return "", err
	}
	return "ResourceSet " + other.String(), nil
}

// claimOfController tells of a controller as owner references name it, unless
// the object that is wanted names it too.
func (r *applyRun) claimOfController(_ context.Context, f foreign) (string, error) {
	controller := metav1.GetControllerOf(f.Meta)
	if controller == nil {
		return "", nil
	}
	for _, wanted := range f.want.GetOwnerReferences() {
		if wanted.UID == controller.UID {
			return "", nil
		}
	}
	return controller.Kind + " " + controller.Name + ", which controls it", nil
}

func (r *applyRun) claimOfFlux(ctx context.Context, f foreign) (string, error) {
	for _, named := range flux.DeployersOf(f.Labels) {
		deployer := named.Ref
		is, err := r.find(ctx, deployer, named.Version)
		switch {
		case apierrors.IsForbidden(err): // whether it is gone is not for the account to know
			return fmt.Sprintf("%s %s/%s, which the account that applies may not look for", deployer.Kind, deployer.Namespace, deployer.Name), nil
		case err != nil:
			return "", err
		case is != nil:
			return fmt.Sprintf("%s %s/%s", deployer.Kind, deployer.Namespace, deployer.Name), nil
		}
	}
	return "", nil
}

// claimOfRelease tells of a Helm release. Whether it is still there stands in
// Secrets, which are not read for that.
func (r *applyRun) claimOfRelease(_ context.Context, f foreign) (string, error) {
	name := f.Annotations["meta.helm.sh/release-name"]
	if name == "" {
		return "", nil
	}
	return "Helm release " + strings.TrimPrefix(f.Annotations["meta.helm.sh/release-namespace"]+"/"+name, "/"), nil
}

// claimOfMark tells of what has no object of its own that could be looked for,
// or none whose place is known.
func (r *applyRun) claimOfMark(_ context.Context, f foreign) (string, error) {
	if id := f.Annotations["argocd.argoproj.io/tracking-id"]; id != "" {
		application, _, _ := strings.Cut(id, ":")
		return "Argo CD application " + application, nil
	}
	if set := f.Labels["applyset.kubernetes.io/part-of"]; set != "" {
		return "the ApplySet " + set, nil
	}
	if f.Labels["kubernetes.io/bootstrapping"] != "" {
		return "Kubernetes itself", nil
	}
	return "", nil
}

// isHandedTo reports whether who has an object says that the owner may have it.
func isHandedTo(owner Owner, m *Meta) bool {
	return m.Annotations[v1.HandOverAnnotation] == owner.String()
}

func owns(owner Owner, m *Meta) bool {
	is := ownerOf(m)
	return is.Name == owner.Name && is.Namespace == owner.Namespace
}

func ownerOf(m *Meta) Owner {
	return Owner{Name: m.Labels[nameLabel], Namespace: m.Labels[namespaceLabel]}
}
