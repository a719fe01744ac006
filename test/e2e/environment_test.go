package e2e_test

import (
	"slices"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "A templater stamps out a full copy of your app for each PR: its own name,
// URL, and image tag."
func TestAPreviewIsAFullCopyOfTheApp(t *testing.T) {
	pr := preview(t, "A full copy")
	deployment := get(t, pr.Name("api-deployment"), &appsv1.Deployment{})
	ingress := get(t, pr.Name("api-ingress"), &networkingv1.Ingress{})
	service := get(t, pr.Name("api"), &corev1.Service{})
	container := deployment.Spec.Template.Spec.Containers[0]

	t.Run("the suffix is on every resource, in one shared namespace", func(t *testing.T) {
		names, err := world.Objects(t.Context(), pr)
		must(t, err)
		want := []string{
			"ConfigMap " + pr.Name("api-config"), "Deployment " + pr.Name("api-deployment"),
			"Ingress " + pr.Name("api-ingress"), "Service " + pr.Name("api"), "ServiceAccount " + pr.Name("api"),
		}
		if !slices.Equal(names, want) {
			t.Errorf("deployed are %v, want %v", names, want)
		}
	})
	t.Run("one label finds the whole environment", func(t *testing.T) {
		equal(t, deployment.Labels["pr-env"], pr.Label())
		equal(t, deployment.Spec.Template.Labels["pr-env"], pr.Label())
	})
	t.Run("the label keeps previews apart that share a namespace", func(t *testing.T) {
		equal(t, service.Spec.Selector["pr-env"], pr.Label())
		equal(t, deployment.Spec.Selector.MatchLabels["pr-env"], pr.Label())
	})
	t.Run("it pulls the image that CI built for this pull request", func(t *testing.T) { equal(t, container.Image, pr.Image()) })
	t.Run("previews do not need high availability", func(t *testing.T) { equal(t, *deployment.Spec.Replicas, 1) })
	t.Run("the Ingress gives it its own hostname", func(t *testing.T) {
		equal(t, ingress.Spec.Rules[0].Host, pr.Host())
		equal(t, ingress.Spec.TLS[0].Hosts[0], pr.Host())
	})
	t.Run("and leads to its own Service", func(t *testing.T) {
		equal(t, ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name, pr.Name("api"))
	})
	t.Run("PUBLIC_URL is its own", func(t *testing.T) {
		equal(t, variable(container, "PUBLIC_URL"), pr.PublicURL())
	})
	t.Run("the commit is on the pod template", func(t *testing.T) {
		equal(t, deployment.Spec.Template.Annotations[actors.CommitAnnotation], pr.SHA)
	})
	t.Run("the status tells where it answers", func(t *testing.T) { expect(t, world.Told(pr)) })
	t.Run("references follow the suffix", func(t *testing.T) {
		equal(t, container.EnvFrom[0].ConfigMapRef.Name, pr.Name("api-config"))
		equal(t, deployment.Spec.Template.Spec.ServiceAccountName, pr.Name("api"))
	})
}

func variable(container corev1.Container, name string) string {
	for _, env := range container.Env {
		if env.Name == name {
			return env.Value
		}
	}
	return ""
}

// "postBuild.substitute passes PR_NUMBER and COMMIT_SHA down into the
// manifests at the templated path."
func TestTheKustomizationIsTheTemplates(t *testing.T) {
	pr := preview(t, "The template")
	ks := get(t, pr.Kustomization(), &kustomizev1.Kustomization{})

	t.Run("the number and the commit are passed down, as strings", func(t *testing.T) {
		equal(t, ks.Spec.PostBuild.Substitute["PR_NUMBER"], pr.ID())
		equal(t, ks.Spec.PostBuild.Substitute["COMMIT_SHA"], pr.SHA)
	})
	t.Run("it prunes, does not wait, and depends on what is shared", func(t *testing.T) {
		equal(t, ks.Spec.Prune, true)
		equal(t, ks.Spec.Wait, false)
		equal(t, ks.Spec.DependsOn[0].Name, actors.SharedInfra)
	})
	t.Run("Flux has its path from the fleet repository", func(t *testing.T) {
		equal(t, ks.Spec.Path, "./clusters/eks/apps/api/pr-template")
		equal(t, ks.Spec.SourceRef.Name, "flux-system")
	})
}

// "Strip cluster-scoped resources. They can't be safely suffixed per PR; share
// them from common infra."
func TestAClusterRoleInTheBaseIsNotDuplicated(t *testing.T) {
	pr := preview(t, "Cluster roles")
	roles, bindings := &rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBindingList{}
	must(t, world.Kube.List(t.Context(), roles))
	must(t, world.Kube.List(t.Context(), bindings))

	var ours []string
	for _, role := range roles.Items {
		ours = append(ours, role.Name)
	}
	for _, binding := range bindings.Items {
		ours = append(ours, binding.Name)
	}
	ours = slices.DeleteFunc(ours, func(name string) bool { return name != "api" && !strings.HasPrefix(name, "api-") })
	if want := []string{"api-preview", "api-preview"}; !slices.Equal(ours, want) {
		t.Errorf("the cluster roles and bindings are %v, want the shared ones %v and none of %s", ours, want, pr.Name("api"))
	}
}
