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
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/kustomize/kyaml/resid"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// base is what the service's manifests are.
type base struct {
	// deployments are all of them; workload is the container that runs the image.
	deployments []appsv1.Deployment
	workload    workload
	routes      routes
	policies    policies
	// scaled are the workloads that an autoscaler sees to.
	scaled        []string
	clusterScoped []versionKind
	// leftOut is what was not looked at.
	leftOut []overlay.LeftOut
}

type versionKind struct{ version, kind string }

// workload is a container of a Deployment.
type workload struct {
	deployment, namespace, container string
	// image of it, without a tag.
	image string
	// pulls says that the image is pulled each time.
	pulls bool
}

// reading is a base that was read. It is built once for all questions that look into
// it, and for what is derived in the end.
type reading struct {
	root, folder string
	base         base
	err          error
}

// of reads the base of answers, unless it is the one that was read.
func (r *reading) of(ctx context.Context, a Answers) (base, error) {
	if r.folder != a.Base || r.root != a.Root {
		base, err := readBase(ctx, a)
		if ctx.Err() != nil {
			return base, err
		}
		*r = reading{root: a.Root, folder: a.Base, base: base, err: err}
	}
	return r.base, r.err
}

// readBase builds the base as Flux would, and looks for what previews change.
func readBase(ctx context.Context, a Answers) (base, error) {
	built, err := overlay.Build(ctx, a.Root, path.Clean(a.Base), kustomizev1.Kustomization{})
	if err != nil {
		return base{}, err
	}
	out := base{leftOut: built.LeftOut}
	for _, object := range built.Objects {
		out.add(object)
	}
	if len(out.deployments) == 0 {
		return out, fmt.Errorf("there is no Deployment in %s", a.Base)
	}
	return out, nil
}

// add takes in an object of which previews change something.
func (b *base) add(object *unstructured.Unstructured) {
	gvk := object.GroupVersionKind()
	b.policies.add(object)
	if name, _, _ := unstructured.NestedString(object.Object, "spec", "scaleTargetRef", "name"); name != "" {
		b.scaled = append(b.scaled, name)
	}
	switch gvk.GroupKind() {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}:
		b.deployments = append(b.deployments, as[appsv1.Deployment](object))
	case schema.GroupKind{Kind: "Service"}:
		b.routes.services = append(b.routes.services, as[corev1.Service](object))
	case schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}:
		if ingress := as[networkingv1.Ingress](object); len(rulesOf(ingress)) > 0 {
			b.routes.ingresses = append(b.routes.ingresses, ingress)
		}
	case schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}:
		b.routes.httpRoutes = append(b.routes.httpRoutes, object)
	}
	kind := versionKind{object.GetAPIVersion(), object.GetKind()}
	if resid.NewGvk(gvk.Group, gvk.Version, gvk.Kind).IsClusterScoped() && !slices.Contains(b.clusterScoped, kind) {
		b.clusterScoped = append(b.clusterScoped, kind)
	}
}

// as reads an object as a type. What does not fit is left out: the API server says so.
func as[T any](object *unstructured.Unstructured) T {
	var out T
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &out) // or as much of it as fits
	return out
}

// chosen is the Deployment that runs the image.
func (b *base) chosen() *appsv1.Deployment {
	for n := range b.deployments {
		if b.deployments[n].Name == b.workload.deployment {
			return &b.deployments[n]
		}
	}
	return &appsv1.Deployment{}
}

// workloads are the containers of all Deployments.
func (b *base) workloads() []workload {
	var out []workload
	for _, deployment := range b.deployments {
		for _, container := range deployment.Spec.Template.Spec.Containers {
			out = append(out, workload{
				deployment: deployment.Name, namespace: deployment.Namespace, container: container.Name,
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

// identified is how a patch names the object that it is for: with its namespace, where
// the base gives it one.
func identified(name, namespace string) string {
	if namespace == "" {
		return "name: " + name
	}
	return "name: " + name + "\n  namespace: " + namespace
}
