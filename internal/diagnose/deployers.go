package diagnose

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/flux"
)

// patience is how long a controller may take to look at an object.
const patience = 2 * time.Minute

// isDeployer reports whether a node is a Kustomization or HelmRelease of Flux.
func isDeployer(n *Node) bool {
	return n.Object != nil && flux.Deploys(n.ID.GroupKind())
}

// need returns the first of what a deployer refers to that fits.
func need(n *Node, fits func(*Node) bool) *Node {
	for _, one := range n.Needs {
		if fits(one) {
			return one
		}
	}
	return nil
}

func isSource(n *Node) bool { return flux.IsSource(n.ID.GroupKind()) }

func sourceNotFound(n *Node, _ time.Time) *symptom {
	if !isDeployer(n) {
		return nil
	}
	missing := need(n, func(one *Node) bool { return isSource(one) && one.Object == nil && one.Unread == "" })
	if missing == nil {
		return nil
	}
	ready, _ := failedReady(n)
	return &symptom{
		words:  fmt.Sprintf("%s, the source that it deploys from, does not exist", missing.ID),
		advice: "create it, or correct spec.sourceRef: mind its namespace",
		since:  ready.since(),
	}
}

func sourceNotReady(n *Node, _ time.Time) *symptom {
	if !isDeployer(n) {
		return nil
	}
	failing := need(n, func(one *Node) bool {
		_, failed := failedReady(one)
		return isSource(one) && failed
	})
	if failing == nil {
		return nil
	}
	ready, _ := failedReady(failing)
	return &symptom{
		words:  fmt.Sprintf("%s, the source that it deploys from, is not ready: %s", failing.ID, inOneLine(ready.Message)),
		advice: "what was fetched last stays deployed; check the source's URL, branch and credentials",
		since:  ready.since(),
	}
}

func dependencyNotReady(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !failed || ready.Reason != "DependencyNotReady" {
		return nil
	}
	waits := need(n, func(one *Node) bool {
		state, _, _ := stateOf(one)
		return !isSource(one) && state != Ready
	})
	out := &symptom{words: inOneLine(ready.Message), advice: "it goes on by itself once the dependency is ready", since: ready.since()}
	if waits == nil {
		return out
	}
	state, message, _ := stateOf(waits)
	out.words = fmt.Sprintf("it waits for %s, which is %s", waits.ID, inWords(state))
	if message != "" && state != Missing && state != Suspended {
		out.words += ": " + inOneLine(message)
	}
	if state == Missing {
		out.advice = "create it, or correct spec.dependsOn: mind its namespace"
	}
	return out
}

func inWords(s State) string {
	switch s {
	case Missing:
		return "not there"
	case Failing, Progressing, Unknown:
		return "not ready"
	default:
		return strings.ToLower(string(s))
	}
}

func pathNotFound(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !failed || !isDeployer(n) || !holdsAny(ready.Message, "path not found") {
		return nil
	}
	path, _, _ := unstructured.NestedString(n.Object.Object, "spec", "path")
	return &symptom{
		words:  fmt.Sprintf("spec.path %q is not in the source", path),
		advice: "correct the path, or merge the overlay into the branch that the source follows",
		since:  ready.since(),
	}
}

func buildFailed(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !failed || !isDeployer(n) || (ready.Reason != "BuildFailed" && !holdsAny(ready.Message, "kustomize build failed", "post build failed")) {
		return nil
	}
	return &symptom{
		words:  "the overlay cannot be built: " + inOneLine(ready.Message),
		advice: "correct the overlay: `eddy build preview` builds it without a cluster",
		since:  ready.since(),
	}
}

func helmFailed(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !failed || !flux.IsHelmRelease(n.Object) {
		return nil
	}
	return &symptom{
		words:  "Helm failed: " + inOneLine(ready.Message),
		advice: fmt.Sprintf("correct the chart or its values; Flux tries again, or `flux reconcile helmrelease %s -n %s --reset`", n.ID.Name, n.ID.Namespace),
		since:  ready.since(),
	}
}

// notPickedUp: nobody has looked at what was written.
func notPickedUp(n *Node, now time.Time) *symptom {
	if !isDeployer(n) || n.Object.GetDeletionTimestamp() != nil {
		return nil
	}
	created := n.Object.GetCreationTimestamp().Time
	_, looked := conditionOf(n.Object, "Ready")
	if looked || now.Sub(created) < patience {
		return nil
	}
	return &symptom{
		words:  "Flux has not looked at it",
		advice: "check that its controller runs: `flux check`",
		since:  created,
	}
}

func deletionBlocked(n *Node, now time.Time) *symptom {
	if n.Object == nil || n.Object.GetDeletionTimestamp() == nil || len(n.Object.GetFinalizers()) == 0 {
		return nil
	}
	since := n.Object.GetDeletionTimestamp().Time
	if now.Sub(since) < patience {
		return nil
	}
	words := "it is being deleted, and held by " + strings.Join(n.Object.GetFinalizers(), ", ")
	if ready, failed := failedReady(n); failed {
		words += ": " + inOneLine(ready.Message)
	}
	return &symptom{words: words, advice: "see why the controller of the finalizer does not let it go; do not remove the finalizer by hand before that", since: since}
}

func suspended(n *Node, _ time.Time) *symptom {
	if n.Object == nil || !isSuspended(n.Object) {
		return nil
	}
	switch n.ID.Kind {
	case "ResourceSet", "ResourceSetInputProvider":
		kind := map[bool]string{true: "provider", false: "resourceset"}[n.is("ResourceSetInputProvider")]
		return &symptom{words: "it is suspended" + by(n), advice: fmt.Sprintf("`eddy resume %s %s -n %s`", kind, n.ID.Name, n.ID.Namespace)}
	default:
		return &symptom{words: "it is suspended", advice: fmt.Sprintf("`flux resume %s %s -n %s`", strings.ToLower(n.ID.Kind), n.ID.Name, n.ID.Namespace)}
	}
}

func by(n *Node) string {
	if who := n.Object.GetAnnotations()[suspendedBy]; who != "" {
		return " by " + who
	}
	return ""
}
