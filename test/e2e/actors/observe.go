package actors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Visit opens the preview's page through the ingress.
func (w *World) Visit(ctx context.Context, pr PullRequest) (string, error) {
	return w.visit(ctx, pr.Host())
}

func (w *World) visit(ctx context.Context, host string) (string, error) {
	if w.System.Ingress == nil {
		return "", errors.New("there is no ingress here")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.System.Ingress.URL+"/", nil)
	if err != nil {
		return "", err
	}
	req.Host = host
	resp, err := w.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost when closing a read body fails
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return string(body), err
}

// Inputs returns the commit of each exported input by its id.
func (w *World) Inputs(ctx context.Context) (map[string]string, error) {
	provider := &v1.ResourceSetInputProvider{}
	if err := w.Get(ctx, Provider, provider); err != nil {
		return nil, err
	}
	return inputsOf(provider), nil
}

func inputsOf(provider *v1.ResourceSetInputProvider) map[string]string {
	out := map[string]string{}
	for _, input := range provider.Status.ExportedInputs {
		out[field(input, "id")] = field(input, "sha")
	}
	return out
}

func field(input v1.ResourceSetInput, key string) string {
	if input[key] == nil {
		return ""
	}
	return strings.Trim(string(input[key].Raw), `"`)
}

// deployedBy is the label with which Flux names the Kustomization of an object.
const deployedBy = "kustomize.toolkit.fluxcd.io/name"

// Objects lists what is deployed of a pull request, by its one label and that of the
// Kustomization that deploys it, as "Kind name" in order: another service may have a
// pull request of the same number.
func (w *World) Objects(ctx context.Context, pr PullRequest) ([]string, error) {
	var out []string
	for kind, list := range map[string]client.ObjectList{
		"Deployment": &appsv1.DeploymentList{}, "Service": &corev1.ServiceList{},
		"Ingress": &networkingv1.IngressList{}, "ConfigMap": &corev1.ConfigMapList{},
		"ServiceAccount": &corev1.ServiceAccountList{},
	} {
		err := w.Kube.List(ctx, list, client.InNamespace(Namespace), client.MatchingLabels{
			"pr-env": pr.Label(), deployedBy: pr.Kustomization(),
		})
		if err != nil {
			return nil, err
		}
		items, err := apimeta.ExtractList(list)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			out = append(out, kind+" "+item.(client.Object).GetName())
		}
	}
	slices.Sort(out)
	return out, nil
}
