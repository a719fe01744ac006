package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/install"
)

// kubernetes checks the version of the cluster against what the chart wants.
func kubernetes(_ context.Context, c *Cluster) ([]Result, error) {
	info, err := c.Discovery.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("asking for the version of the cluster: %w", err)
	}
	wanted, err := install.Supports(info.GitVersion)
	if err != nil {
		return []Result{failed("upgrade the cluster", "%v", err)}, nil
	}
	return []Result{ok("Kubernetes %s %s", info.GitVersion, wanted)}, nil
}

// needed are the controllers of Flux without which no preview is deployed.
var needed = []string{"source-controller", "kustomize-controller"}

// fluxControllers checks which controllers of Flux run, in which version, and that they
// serve the version of their kinds that previews are written in.
func fluxControllers(ctx context.Context, c *Cluster) ([]Result, error) {
	var found appsv1.DeploymentList
	if err := c.Client.List(ctx, &found, client.MatchingLabels{"app.kubernetes.io/part-of": "flux"}); err != nil {
		return nil, fmt.Errorf("looking for Flux: %w", err)
	}
	var out []Result
	missing := slices.Clone(needed)
	for n := range found.Items {
		one := &found.Items[n]
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == one.Name })
		out = append(out, ready(one))
	}
	for _, name := range missing {
		lease, err := outside(ctx, c, name+ofFlux)
		if err != nil {
			return out, err
		}
		if lease != nil {
			out = append(out, runsOutside(name, lease, c.Now))
			continue
		}
		out = append(out, failed("install Flux: `flux install`, or `flux bootstrap`", "%s does not run: there is no Deployment of that name with the label app.kubernetes.io/part-of=flux", name))
	}
	kind := flux.Kustomization()
	_, err := c.Client.RESTMapper().RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		return append(out, failed("install Flux 2.0 or later", "the cluster does not serve %s", kind.GroupVersion())), nil
	}
	return out, err
}

// ready tells whether a Deployment runs, and which version.
func ready(one *appsv1.Deployment) Result {
	version := versionOf(one)
	wanted := int32(1)
	if one.Spec.Replicas != nil {
		wanted = *one.Spec.Replicas
	}
	status := one.Status
	switch {
	case wanted == 0:
		return failed(fmt.Sprintf("`kubectl -n %s scale deployment %s --replicas=1`", one.Namespace, one.Name), "%s %s is scaled down to nothing", one.Name, version)
	case status.AvailableReplicas == 0:
		return failed(fmt.Sprintf("`kubectl -n %s describe deployment %s`", one.Namespace, one.Name), "%s %s has no replica that is ready", one.Name, version)
	case status.AvailableReplicas < wanted || status.ObservedGeneration < one.Generation:
		return warning(fmt.Sprintf("`kubectl -n %s describe deployment %s`", one.Namespace, one.Name), "%s %s: %d of %d replicas are ready", one.Name, version, status.AvailableReplicas, wanted)
	default:
		return ok("%s %s: %d of %d replicas are ready", one.Name, version, status.AvailableReplicas, wanted)
	}
}

// versionOf is the tag of the first image, else the digest.
func versionOf(one *appsv1.Deployment) string {
	containers := one.Spec.Template.Spec.Containers
	if len(containers) == 0 {
		return ""
	}
	image, digest, _ := strings.Cut(containers[0].Image, "@")
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[colon+1:]
	}
	return digest
}

// rival checks that no Flux Operator fights over the same objects.
func rival(ctx context.Context, c *Cluster) ([]Result, error) {
	other, err := install.Rival(ctx, c.Client)
	if err != nil {
		return nil, err
	}
	if other != nil {
		return []Result{failed(fmt.Sprintf("`kubectl -n %s scale deployment %s --replicas=0`; nothing is deleted by that", other.Namespace, other.Name),
			"%s runs in namespace %s and would work on the same objects", other.Name, other.Namespace)}, nil
	}
	return []Result{ok("no other operator works on the same objects")}, nil
}

// permissions checks that whoever asks may install what the chart makes.
func permissions(ctx context.Context, c *Cluster) ([]Result, error) {
	objects, err := install.Render(install.Plan{Namespace: c.Namespace})
	if err != nil {
		return nil, err
	}
	asked := map[authorizationv1.ResourceAttributes]bool{}
	var refused []string
	for _, object := range objects {
		kind := object.GroupVersionKind()
		plural, _ := meta.UnsafeGuessKindToResource(kind)
		attributes := authorizationv1.ResourceAttributes{
			Verb: "patch", Group: kind.Group, Version: kind.Version, Resource: plural.Resource, Namespace: object.GetNamespace(),
		}
		if asked[attributes] {
			continue
		}
		asked[attributes] = true
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &attributes}}
		if err := c.Client.Create(ctx, review); err != nil {
			return nil, fmt.Errorf("asking what you may do: %w", err)
		}
		if !review.Status.Allowed {
			refused = append(refused, plural.Resource)
		}
	}
	if len(refused) > 0 {
		return []Result{failed("let an administrator of the cluster install Eddy", "you may not write %s", strings.Join(refused, ", "))}, nil
	}
	return []Result{ok("you may install into namespace %s", c.Namespace)}, nil
}

// ingress checks that something answers at the URLs of previews.
func ingress(ctx context.Context, c *Cluster) ([]Result, error) {
	var classes networkingv1.IngressClassList
	if err := c.Client.List(ctx, &classes); err != nil {
		return nil, fmt.Errorf("looking for ingress classes: %w", err)
	}
	var names []string
	for _, class := range classes.Items {
		names = append(names, "ingress class "+class.Name)
	}
	gateways := &metav1.PartialObjectMetadataList{}
	gateways.SetGroupVersionKind(schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "GatewayClassList"})
	if err := c.Client.List(ctx, gateways); err != nil && !meta.IsNoMatchError(err) {
		return nil, fmt.Errorf("looking for gateway classes: %w", err)
	}
	for _, class := range gateways.Items {
		names = append(names, "gateway class "+class.Name)
	}
	if len(names) == 0 {
		return []Result{warning("install an ingress controller, or an implementation of the Gateway API", "there is no ingress class and no gateway class: nothing answers at the URL of a preview")}, nil
	}
	return []Result{ok("%s", strings.Join(names, ", "))}, nil
}
