package scaffold

import (
	"context"
	"fmt"
	"slices"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// base is what the service's manifests are.
type base struct {
	// deployments are all of them; deployment and container run the image.
	deployments           []string
	deployment, container string
	// pulls says that the image is pulled each time.
	pulls bool
	// ingress is empty when there is none; service and port are what it leads to.
	ingress, service, port string
	clusterScoped          []versionKind
	// leftOut is what was not looked at.
	leftOut []overlay.LeftOut
}

type versionKind struct{ version, kind string }

// readBase builds the base as Flux would, and looks for what previews change.
func readBase(ctx context.Context, a Answers) (base, error) {
	built, err := overlay.Build(ctx, a.Root, a.Base, kustomizev1.Kustomization{})
	if err != nil {
		return base{}, fmt.Errorf("--base: %w", err)
	}
	out := base{leftOut: built.LeftOut}
	var images []string
	for _, object := range built.Objects {
		switch object.GetKind() {
		case "Deployment":
			images = append(images, out.addDeployment(object, a.Image)...)
		case "Ingress":
			out.addIngress(object)
		case "ClusterRole", "ClusterRoleBinding":
			kind := versionKind{object.GetAPIVersion(), object.GetKind()}
			if !slices.Contains(out.clusterScoped, kind) {
				out.clusterScoped = append(out.clusterScoped, kind)
			}
		}
	}
	switch {
	case len(out.deployments) == 0:
		return out, fmt.Errorf("--base: there is no Deployment in %s", a.Base)
	case out.deployment == "":
		return out, fmt.Errorf("--image: no Deployment in %s runs %q; there is %s%s", a.Base, a.Image, strings.Join(images, ", "), suggest.Hint(a.Image, images))
	}
	return out, nil
}

func (b *base) addDeployment(object *unstructured.Unstructured, image string) []string {
	b.deployments = append(b.deployments, object.GetName())
	deployment := appsv1.Deployment{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment) != nil {
		return nil // the API server says why
	}
	var images []string
	for _, container := range deployment.Spec.Template.Spec.Containers {
		name := withoutTag(container.Image)
		images = append(images, name)
		if name == image && b.deployment == "" {
			b.deployment, b.container = object.GetName(), container.Name
			b.pulls = container.ImagePullPolicy == corev1.PullAlways
		}
	}
	return images
}

// withoutTag returns an image's name without its tag and digest.
func withoutTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[:colon]
	}
	return image
}

func (b *base) addIngress(object *unstructured.Unstructured) {
	ingress := networkingv1.Ingress{}
	if b.ingress != "" || runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &ingress) != nil {
		return
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil || len(rule.HTTP.Paths) == 0 || rule.HTTP.Paths[0].Backend.Service == nil {
			continue
		}
		backend := rule.HTTP.Paths[0].Backend.Service
		b.ingress, b.service, b.port = object.GetName(), backend.Name, fmt.Sprintf("number: %d", backend.Port.Number)
		if backend.Port.Name != "" {
			b.port = "name: " + backend.Port.Name
		}
		return
	}
}
