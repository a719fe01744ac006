package actors

import (
	"context"
	"fmt"
	"slices"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/meta"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Scene is what can be seen at one moment: a state, in words, for each thing.
type Scene map[Thing]string

// Thing is one of a kind, by its name.
type Thing struct{ Kind, Name string }

// Event is what has happened between two scenes.
type Event struct {
	// Actor who did it: watcher, templater, flux, ingress.
	Actor, Text string
}

// kinds in the order of the chain, with who makes them and words for their
// coming and going.
var kinds = []struct{ kind, actor, comes, goes string }{
	{"pull request", "watcher", "is ready to deploy", "is no longer an input"},
	{"Kustomization", "templater", "created", "deleted"},
	{"Deployment", "flux", "created", "deleted"},
	{"Service", "flux", "created", "deleted"},
	{"Ingress", "flux", "created", "deleted"},
	{"URL", "ingress", "answers", "does not answer"},
}

// News compares two scenes: what came, what changed and what went, in the
// order of the chain.
func (s Scene) News(before Scene) []Event {
	var out []Event
	for _, k := range kinds {
		for _, thing := range s.of(k.kind, before) {
			now, is := s[thing]
			then, was := before[thing]
			name := thing.Kind + " " + thing.Name
			switch {
			case is && !was:
				out = append(out, Event{k.actor, join(name+" "+k.comes, now)})
			case was && !is:
				out = append(out, Event{k.actor, name + " " + k.goes})
			case now != then:
				out = append(out, Event{changer(k.actor, then, now), join(name, now)})
			}
		}
	}
	return out
}

// changer is who has changed a state: the templater gives a Kustomization
// another commit, and Flux does the rest.
func changer(maker, then, now string) string {
	thenCommit, _, _ := strings.Cut(then, ",")
	nowCommit, _, _ := strings.Cut(now, ",")
	if maker == "templater" && thenCommit == nowCommit {
		return "flux"
	}
	return maker
}

// of lists the things of a kind in either scene, by name.
func (s Scene) of(kind string, other Scene) []Thing {
	var out []Thing
	for _, scene := range []Scene{s, other} {
		for thing := range scene {
			if thing.Kind == kind && !slices.Contains(out, thing) {
				out = append(out, thing)
			}
		}
	}
	slices.SortFunc(out, func(a, b Thing) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func join(head, state string) string {
	if state == "" {
		return head
	}
	return head + ": " + state
}

// Look returns the present scene.
func (w *World) Look(ctx context.Context) (Scene, error) {
	scene := Scene{}
	inputs, err := w.Inputs(ctx)
	if client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	for id, sha := range inputs {
		scene[Thing{"pull request", id}] = "commit " + short(sha)
	}
	previews, err := w.Previews(ctx)
	if err != nil {
		return nil, err
	}
	for _, ks := range previews {
		scene[Thing{"Kustomization", ks.Name}] = kustomizationState(ks)
	}
	return scene, w.lookAtObjects(ctx, scene)
}

func (w *World) lookAtObjects(ctx context.Context, scene Scene) error {
	labelled := []client.ListOption{client.InNamespace(Namespace), client.HasLabels{"pr-env"}}
	deployments, services, ingresses := &appsv1.DeploymentList{}, &corev1.ServiceList{}, &networkingv1.IngressList{}
	for _, list := range []client.ObjectList{deployments, services, ingresses} {
		if err := w.Kube.List(ctx, list, labelled...); err != nil {
			return err
		}
	}
	for _, d := range ours(deployments.Items) {
		scene[Thing{"Deployment", d.Name}] = w.deploymentState(d)
	}
	for _, s := range ours(services.Items) {
		scene[Thing{"Service", s.Name}] = ""
	}
	for _, i := range ours(ingresses.Items) {
		if len(i.Spec.Rules) == 0 {
			continue
		}
		host := i.Spec.Rules[0].Host
		scene[Thing{"Ingress", i.Name}] = "host " + host
		if body, err := w.visit(ctx, host); err == nil {
			scene[Thing{"URL", "https://" + host}] = title(body)
		}
	}
	return nil
}

// ours are those of the objects that are of previews of the application: another service
// in this namespace has its own.
func ours[T any, P interface {
	*T
	client.Object
}](objects []T) []T {
	return slices.DeleteFunc(objects, func(object T) bool {
		return !strings.HasPrefix(P(&object).GetLabels()[deployedBy], kustomizations)
	})
}

func kustomizationState(ks kustomizev1.Kustomization) string {
	commit := ""
	if ks.Spec.PostBuild != nil {
		commit = "commit " + short(ks.Spec.PostBuild.Substitute["COMMIT_SHA"])
	}
	condition := apimeta.FindStatusCondition(ks.Status.Conditions, meta.ReadyCondition)
	switch {
	case !ks.DeletionTimestamp.IsZero():
		return "being deleted, with all it owns"
	case ks.Spec.Suspend:
		return commit + ", suspended"
	case condition == nil || ks.Status.ObservedGeneration != ks.Generation || condition.Status == "Unknown":
		return commit
	case condition.Status == "True":
		return commit + ", ready"
	}
	return fmt.Sprintf("%s, %s: %s", commit, condition.Reason, condition.Message)
}

func (w *World) deploymentState(d appsv1.Deployment) string {
	commit := "commit " + short(d.Spec.Template.Annotations[CommitAnnotation])
	if w.System.Node == nil {
		return commit
	}
	status := d.Status
	if status.ObservedGeneration != d.Generation || status.Replicas != status.UpdatedReplicas || status.ReadyReplicas != *d.Spec.Replicas {
		return commit + ", rolling out"
	}
	return fmt.Sprintf("%s, %d of %d pods ready", commit, status.ReadyReplicas, *d.Spec.Replicas)
}

func short(sha string) string { return fmt.Sprintf("%.7s", sha) }

// title of the application's page.
func title(page string) string {
	_, rest, found := strings.Cut(page, "<title>")
	if !found {
		return ""
	}
	text, _, _ := strings.Cut(rest, "</title>")
	return text
}
