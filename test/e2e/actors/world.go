package actors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// World is everybody and everything that takes part.
type World struct {
	Programs Programs
	System   *System
	Forge    *Forge
	// Kube reads and writes directly, as an administrator.
	Kube client.WithWatch
	// PollEvery is the watcher's interval, as in the example when empty.
	PollEvery string

	http  *http.Client
	typed kubernetes.Interface
	// operatorImage is what the operator's image is called, without its tag.
	operatorImage string
}

// Open connects to a running system.
func Open(programs Programs, system *System) (*World, error) {
	scheme := runtime.NewScheme()
	err := errors.Join(clientgoscheme.AddToScheme(scheme), v1.AddToScheme(scheme),
		kustomizev1.AddToScheme(scheme), sourcev1.AddToScheme(scheme))
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", system.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", system.Kubeconfig, err)
	}
	config.QPS = -1
	kube, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	browser := &http.Client{Timeout: 30 * time.Second}
	return &World{
		Programs: programs, System: system, Kube: kube, http: browser, typed: typed,
		Forge: &Forge{gitea: system.Gitea, http: browser, repo: appRepo},
	}, nil
}

// Prepare sets the stage: the two repositories, Flux's view of the fleet, what
// all previews share, and the seed's two objects. It can be repeated.
func (w *World) Prepare(ctx context.Context) error {
	if err := w.PrepareForOperator(ctx); err != nil {
		return err
	}
	return w.StartPreviews(ctx)
}

// PrepareForOperator is Prepare without what an operator has to be there for.
func (w *World) PrepareForOperator(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.Forge.Prepare, w.publishFleet, w.ConnectFlux, w.ShareInfra} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) publishFleet(ctx context.Context) error {
	files, err := fleetFiles(w.Programs.Root)
	if err != nil {
		return err
	}
	return w.Forge.PublishFleet(ctx, files)
}

// ConnectFlux creates the GitRepository flux-system: "a cluster already
// running Flux". It looks as often as the watcher does.
func (w *World) ConnectFlux(ctx context.Context) error {
	return w.apply(ctx, fmt.Sprintf(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: %s
spec:
  interval: %s
  url: %s
  ref:
    branch: main
`, FluxNamespace, cmp.Or(w.PollEvery, "1m"), w.Forge.FleetURL()))
}

// DeployFleet has Flux deploy what the fleet repository lists, as after flux bootstrap.
// Nobody waits for it.
func (w *World) DeployFleet(ctx context.Context) error {
	return w.apply(ctx, fmt.Sprintf(`
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: %s
spec:
  interval: 10m
  retryInterval: 10s
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
  path: ./clusters/eks
`, FluxNamespace))
}

// ShareInfra creates the Kustomization app-common-dev, and waits for the
// namespace that comes from it.
func (w *World) ShareInfra(ctx context.Context) error {
	files, err := fleetFiles(w.Programs.Root)
	if err != nil {
		return err
	}
	if err := w.apply(ctx, files["clusters/eks/app-common-dev.yaml"]); err != nil {
		return err
	}
	return w.Wait(ctx, w.InfraReady())
}

// StartPreviews creates the secret, the provider and the ResourceSet.
func (w *World) StartPreviews(ctx context.Context) error {
	token, err := w.Forge.ReadToken(ctx)
	if err != nil {
		return err
	}
	auth, err := example(w.Programs.Root, "secret.example.yaml", change{"TO-CHANGE", token})
	if err != nil {
		return err
	}
	if err := errors.Join(w.apply(ctx, auth), w.ApplyProvider(ctx), w.ApplyResourceSet(ctx)); err != nil {
		return err
	}
	return w.Wait(ctx, w.PreviewsReady())
}

// ApplyProvider creates the watcher.
func (w *World) ApplyProvider(ctx context.Context) error {
	changes := []change{
		{"https://gitea.example.com/acme/api", w.watched()},
		{"whenMissing: Freeze", "whenMissing: Remove"}, // as is expected here: without its label, the preview goes
	}
	if w.PollEvery != "" {
		changes = append(changes, change{`reconcileEvery: "5m"`, `reconcileEvery: "` + w.PollEvery + `"`})
	}
	text, err := example(w.Programs.Root, "provider.yaml", changes...)
	if err != nil {
		return err
	}
	return w.apply(ctx, text)
}

// watched is the application's repository as the operator reaches it.
func (w *World) watched() string {
	if w.Programs.Operated == AsProcess {
		return w.Forge.AppURL()
	}
	return w.System.ForPods(w.Forge.AppURL())
}

// ApplyResourceSet creates the templater.
func (w *World) ApplyResourceSet(ctx context.Context) error {
	text, err := example(w.Programs.Root, "resourceset.yaml", unprobed)
	if err != nil {
		return err
	}
	return w.apply(ctx, text)
}

// unprobed asks no URL: that of the example is https, and the ingress here speaks http.
// Nor are pods waited for, which a machine without a node has none of.
var unprobed = change{"  readiness: # a preview is ready once what Flux deploys for it runs, and\n" +
	"    within: 10m # has failed when that takes longer, until it is ready after all\n" +
	"    probe: {} # its URL answers; connectTo: SERVICE.NAMESPACE:443 of the ingress, where the operator cannot reach it by its name\n", ""}

// Unprobed is a set as eddy init writes it, without what is not looked at here.
func Unprobed(text string) (string, error) { return adapt(text, unprobed) }

// BuildImage is the first step of CI: the page of the application shows the
// text. Without a node there is nobody to pull the image.
func (w *World) BuildImage(ctx context.Context, pr PullRequest, text string) error {
	if w.System.Node == nil {
		return nil
	}
	return w.Programs.Image(ctx, w.System.Dir, pr.Image(), text)
}

// CI builds the image of a pull request, and sets the label as its last step.
func (w *World) CI(ctx context.Context, pr PullRequest) error {
	if err := w.BuildImage(ctx, pr, Page(pr)); err != nil {
		return err
	}
	return w.Forge.AddLabel(ctx, pr)
}

// Page is what an application shows that CI has built from a pull request.
func Page(pr PullRequest) string {
	return fmt.Sprintf("pull request %d at %.7s", pr.Number, pr.SHA)
}
