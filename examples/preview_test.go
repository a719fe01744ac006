package examples_test

import (
	"slices"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/render"
)

// One pull request, from an input to what Flux applies.
func TestAPullRequestBecomesAPreview(t *testing.T) {
	for _, forge := range forges {
		t.Run(forge.folder, func(t *testing.T) {
			ks := rendered(t, forge)
			t.Run("the Kustomization is named after it and carries its commit", func(t *testing.T) {
				admitted(t, ks)
				equal(t, ks.GetName(), "api-pr-1234")
			})
			typed := convert[kustomizev1.Kustomization](t, ks)
			equal(t, typed.Spec.PostBuild.Substitute["PR_NUMBER"], "1234")
			equal(t, typed.Spec.PostBuild.Substitute["COMMIT_SHA"], sha)

			built, err := overlay.Build(t.Context(), "fleet", typed.Spec.Path, *typed)
			if err != nil {
				t.Fatal(err)
			}
			checkPreview(t, built.Objects)
		})
	}
}

// rendered is the one object that Eddy makes of a pull request.
func rendered(t *testing.T, forge forge) *unstructured.Unstructured {
	t.Helper()
	set := decode[v1.ResourceSet](t, read(t, forge.folder, "resourceset.yaml"))
	program, err := render.Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	preview, err := program.Render(t.Context(), input.Set{
		Provider: input.Provider{APIVersion: "fluxcd.controlplane.io/v1", Kind: v1.ResourceSetInputProviderKind, Name: "api-prs", Namespace: "app-dev"},
		Values: map[string]any{
			"id": "1234", "sha": sha, "branch": "feature", "author": "ada", "title": "x: {y} # ${PR_NUMBER}",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(preview.Objects) != 1 {
		t.Fatalf("rendered are %d objects, want 1", len(preview.Objects))
	}
	return preview.Objects[0].Unstructured
}

func checkPreview(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	find := func(kind, name string) *unstructured.Unstructured {
		i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == kind && o.GetName() == name })
		if i < 0 {
			t.Fatalf("there is no %s %s", kind, name)
		}
		return objects[i]
	}
	t.Run("everything has the suffix, the label and the namespace, and is admitted", func(t *testing.T) {
		for _, o := range objects {
			admitted(t, o)
			equal(t, o.GetNamespace(), "app-dev")
			equal(t, o.GetLabels()["pr-env"], "pr-1234")
			if !strings.HasSuffix(o.GetName(), "-1234") {
				t.Errorf("%s %s has no suffix", o.GetKind(), o.GetName())
			}
		}
	})
	t.Run("nothing is cluster-scoped", func(t *testing.T) {
		for _, o := range objects {
			if strings.HasPrefix(o.GetKind(), "ClusterRole") {
				t.Errorf("there is the %s %s", o.GetKind(), o.GetName())
			}
		}
	})
	t.Run("the Deployment is the pull request's own", func(t *testing.T) {
		checkDeployment(t, convert[appsv1.Deployment](t, find("Deployment", "api-deployment-1234")))
	})
	t.Run("the host leads to its Service, and the Service to its pods", func(t *testing.T) {
		ingress := convert[networkingv1.Ingress](t, find("Ingress", "api-ingress-1234"))
		service := convert[corev1.Service](t, find("Service", "api-1234"))
		equal(t, ingress.Spec.Rules[0].Host, "api-1234.preview.example.com")
		equal(t, ingress.Spec.TLS[0].Hosts[0], "api-1234.preview.example.com")
		equal(t, ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name, service.Name)
		equal(t, service.Spec.Selector["pr-env"], "pr-1234")
	})
	t.Run("a ServiceAccount is namespaced: it is kept, with the suffix", func(t *testing.T) { find("ServiceAccount", "api-1234") })
}

func checkDeployment(t *testing.T, deployment *appsv1.Deployment) {
	t.Helper()
	pod := deployment.Spec.Template
	equal(t, *deployment.Spec.Replicas, 1)
	equal(t, pod.Annotations["app/commit-sha"], sha)
	equal(t, pod.Labels["pr-env"], "pr-1234")
	equal(t, deployment.Spec.Selector.MatchLabels["pr-env"], "pr-1234")
	equal(t, pod.Spec.ServiceAccountName, "api-1234")

	container := pod.Spec.Containers[0]
	equal(t, container.Image, "registry.example.com/api:pr-1234")
	equal(t, container.ImagePullPolicy, corev1.PullAlways)
	equal(t, container.EnvFrom[0].ConfigMapRef.Name, "api-config-1234")
	equal(t, container.Env[0].Name, "PUBLIC_URL")
	equal(t, container.Env[0].Value, "https://api-1234.preview.example.com")
}

func convert[T any](t *testing.T, object *unstructured.Unstructured) *T {
	t.Helper()
	into := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
