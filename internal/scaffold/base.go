package scaffold

import (
	"context"
	"fmt"
	"path"
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
	// deployments are all of them; workload is the container that runs the image.
	deployments []appsv1.Deployment
	workload    workload
	// ingress is empty when there is none; service and port are what it leads to.
	ingress, service, port string
	clusterScoped          []versionKind
	// leftOut is what was not looked at.
	leftOut []overlay.LeftOut
}

type versionKind struct{ version, kind string }

// workload is a container of a Deployment.
type workload struct {
	deployment, container string
	// image of it, without a tag.
	image string
	// pulls says that the image is pulled each time.
	pulls bool
}

// readBase builds the base as Flux would, and looks for what previews change.
func readBase(ctx context.Context, a Answers) (base, error) {
	built, err := overlay.Build(ctx, a.Root, path.Clean(a.Base), kustomizev1.Kustomization{})
	if err != nil {
		return base{}, err
	}
	out := base{leftOut: built.LeftOut}
	for _, object := range built.Objects {
		switch object.GetKind() {
		case "Deployment":
			out.addDeployment(object)
		case "Ingress":
			out.addIngress(object)
		case "ClusterRole", "ClusterRoleBinding":
			kind := versionKind{object.GetAPIVersion(), object.GetKind()}
			if !slices.Contains(out.clusterScoped, kind) {
				out.clusterScoped = append(out.clusterScoped, kind)
			}
		}
	}
	if len(out.deployments) == 0 {
		return out, fmt.Errorf("there is no Deployment in %s", a.Base)
	}
	return out, nil
}

func (b *base) addDeployment(object *unstructured.Unstructured) {
	deployment := appsv1.Deployment{}
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &deployment) // the API server says what is wrong
	deployment.Name = object.GetName()
	b.deployments = append(b.deployments, deployment)
}

// workloads are the containers of all Deployments.
func (b *base) workloads() []workload {
	var out []workload
	for _, deployment := range b.deployments {
		for _, container := range deployment.Spec.Template.Spec.Containers {
			out = append(out, workload{
				deployment: deployment.Name, container: container.Name,
				image: withoutTag(container.Image), pulls: container.ImagePullPolicy == corev1.PullAlways,
			})
		}
	}
	return out
}

// choose takes the container that runs the image.
func (b *base) choose(a Answers) error {
	var images []string
	for _, one := range b.workloads() {
		if one.image == a.Image {
			b.workload = one
			return nil
		}
		images = append(images, one.image)
	}
	return fmt.Errorf("no Deployment in %s runs %q; there is %s%s", a.Base, a.Image, strings.Join(images, ", "), suggest.Hint(a.Image, images))
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
