package diagnose

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// podOf returns the pod of a node, or nil.
func podOf(n *Node) *corev1.Pod {
	if !n.is("Pod") || n.Object == nil {
		return nil
	}
	pod := &corev1.Pod{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(n.Object.Object, pod) != nil {
		return nil // not a pod that this version knows
	}
	return pod
}

// container is a container of a pod and its status.
type container struct {
	corev1.ContainerStatus
	pod *corev1.Pod
}

// containers lists those that have started to exist, init containers first.
func containers(n *Node) []container {
	pod := podOf(n)
	if pod == nil {
		return nil
	}
	var out []container
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, one := range list {
			out = append(out, container{one, pod})
		}
	}
	return out
}

// since is when the pod stopped being ready, or began.
func (c container) since() time.Time { return podSince(c.pod) }

func podSince(pod *corev1.Pod) time.Time {
	for _, one := range pod.Status.Conditions {
		if one.Type == corev1.PodReady && one.Status != corev1.ConditionTrue {
			return one.LastTransitionTime.Time
		}
	}
	return pod.CreationTimestamp.Time
}

// waits reports whether the container waits for one of the reasons.
func (c container) waits(reasons ...string) bool {
	for _, reason := range reasons {
		if c.State.Waiting != nil && c.State.Waiting.Reason == reason {
			return true
		}
	}
	return false
}

// ended returns how the container last ended, nil when it has not.
func (c container) ended() *corev1.ContainerStateTerminated {
	if c.State.Terminated != nil {
		return c.State.Terminated
	}
	return c.LastTerminationState.Terminated
}

// pull is an image that cannot be pulled, and all that is said about it.
type pull struct {
	container
	said string
}

// failedPull returns the first pull that fails. Kubelets repeat why in the
// status, or say it in an event alone.
func failedPull(n *Node) *pull {
	for _, c := range containers(n) {
		if !c.waits("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError") {
			continue
		}
		said := c.State.Waiting.Message
		for _, event := range n.Events {
			why := strings.TrimPrefix(event.Message, fmt.Sprintf("Failed to pull image %q: ", c.Image))
			if event.Reason == "Failed" && strings.Contains(event.Message, c.Image) && !strings.Contains(said, why) {
				said += "; " + event.Message
			}
		}
		return &pull{c, said}
	}
	return nil
}

// wrongArchitecture: there is no image for the node, or its program is of another
// kind than the image says.
func wrongArchitecture(n *Node, _ time.Time) *symptom {
	for _, c := range containers(n) {
		said := ""
		if c.State.Waiting != nil {
			said = c.State.Waiting.Message
		}
		if end := c.ended(); end != nil && !c.Ready {
			said += end.Message
		}
		if holdsAny(said, "exec format error", "no match for platform", "no matching manifest for") {
			return &symptom{
				words:  fmt.Sprintf("image %s (container %s) is not made for the node's architecture: %s", c.Image, c.Name, inOneLine(said)),
				advice: "let CI build it for the architecture of the nodes, or choose nodes that fit with nodeSelector kubernetes.io/arch",
				since:  c.since(),
			}
		}
	}
	return nil
}

func imageNotFound(n *Node, _ time.Time) *symptom {
	p := failedPull(n)
	if p == nil || isDenied(p.said) || !holdsAny(p.said, "not found", "notfound", "manifest unknown", "does not exist") {
		return nil
	}
	return &symptom{
		words:  fmt.Sprintf("image not found: %s (container %s)", p.Image, p.Name),
		advice: "let CI push this tag before the pull request gets its label, or correct the image's name and tag in the overlay",
		since:  p.since(),
	}
}

func isDenied(said string) bool {
	return holdsAny(said, "unauthorized", "access denied", "authorization failed", "forbidden", "no basic auth", "401 ", "403 ")
}

func imageAccessDenied(n *Node, _ time.Time) *symptom {
	p := failedPull(n)
	if p == nil || !isDenied(p.said) {
		return nil
	}
	return &symptom{
		words:  fmt.Sprintf("the registry refuses to give image %s (container %s): it does not exist, or needs credentials", p.Image, p.Name),
		advice: "check the name, and give the pod's ServiceAccount an imagePullSecret in the preview's namespace",
		since:  p.since(),
	}
}

func registryUnreachable(n *Node, _ time.Time) *symptom {
	p := failedPull(n)
	if p == nil || !holdsAny(p.said, "no such host", "i/o timeout", "connection refused", "x509", "toomanyrequests", "429 ", "tls handshake", "unavailable", "deadline exceeded") {
		return nil
	}
	return &symptom{
		words:  fmt.Sprintf("the registry of image %s cannot be used: %s", p.Image, inOneLine(p.said)),
		advice: "check the registry's name, its certificate and limits, and the way to it from the nodes",
		since:  p.since(),
	}
}

func imagePullFailed(n *Node, _ time.Time) *symptom {
	p := failedPull(n)
	if p == nil {
		return nil
	}
	return &symptom{
		words:  fmt.Sprintf("image %s cannot be pulled: %s", p.Image, inOneLine(p.said)),
		advice: "check the image's name, and that the nodes can reach the registry",
		since:  p.since(),
	}
}

func configurationMissing(n *Node, _ time.Time) *symptom {
	for _, c := range containers(n) {
		if c.waits("CreateContainerConfigError", "CreateContainerError") {
			return &symptom{
				words:  fmt.Sprintf("container %s cannot be made: %s", c.Name, inOneLine(c.State.Waiting.Message)),
				advice: "add what is missing to the overlay, or correct the reference to it: mind that kustomize suffixes names",
				since:  c.since(),
			}
		}
	}
	return nil
}

func volumeNotMounted(n *Node, _ time.Time) *symptom {
	pod, event := podOf(n), n.event("FailedMount", "FailedAttachVolume")
	if pod == nil || pod.Status.Phase != corev1.PodPending || event == nil {
		return nil
	}
	return &symptom{
		words:  "a volume cannot be mounted: " + inOneLine(event.Message),
		advice: "add the Secret, ConfigMap or claim that the volume names to the overlay, or correct its name",
		since:  began(event),
	}
}

func outOfMemory(n *Node, _ time.Time) *symptom {
	for _, c := range containers(n) {
		if end := c.ended(); end != nil && end.Reason == "OOMKilled" && !c.Ready {
			return &symptom{
				words:  fmt.Sprintf("container %s used more memory than its limit and was killed%s", c.Name, times(c.RestartCount)),
				advice: "raise resources.limits.memory, or let it use less",
				since:  c.since(),
			}
		}
	}
	return nil
}

func commandNotFound(n *Node, _ time.Time) *symptom {
	for _, c := range containers(n) {
		said := ""
		if end := c.ended(); end != nil && (end.Reason == "StartError" || end.Reason == "ContainerCannotRun") {
			said = end.Message
		} else if c.waits("RunContainerError") {
			said = c.State.Waiting.Message
		}
		if said != "" {
			return &symptom{
				words:  fmt.Sprintf("container %s cannot start: %s", c.Name, inOneLine(said)),
				advice: "correct command and args, or what is in the image",
				since:  c.since(),
			}
		}
	}
	return nil
}

func livenessProbeFailed(n *Node, _ time.Time) *symptom {
	event := n.event("Unhealthy")
	if event == nil || !holdsAny(event.Message, "liveness probe", "startup probe") {
		return nil
	}
	for _, c := range containers(n) {
		if c.RestartCount > 0 && !c.Ready {
			return &symptom{
				words:  fmt.Sprintf("container %s is restarted as it does not answer: %s", c.Name, inOneLine(event.Message)),
				advice: "correct the probe's path, port or delay, or what the container answers: see `eddy logs PREVIEW`",
				since:  c.since(),
			}
		}
	}
	return nil
}

func crashLoop(n *Node, _ time.Time) *symptom {
	for _, c := range containers(n) {
		end := c.ended()
		if !c.waits("CrashLoopBackOff") && (end == nil || end.ExitCode == 0 || c.State.Running != nil) {
			continue
		}
		words := fmt.Sprintf("container %s crashes%s", c.Name, times(c.RestartCount))
		if end != nil {
			words += fmt.Sprintf(": exit code %d%s", end.ExitCode, meaning(end.ExitCode))
			if end.Message != "" {
				words += ", " + inOneLine(end.Message)
			}
		}
		return &symptom{words: words, advice: "its last words are in `eddy logs PREVIEW --previous`", since: c.since()}
	}
	return nil
}

// times says how often a container was restarted.
func times(restarts int32) string {
	switch restarts {
	case 0:
		return ""
	case 1:
		return ", restarted once"
	default:
		return fmt.Sprintf(", restarted %d times", restarts)
	}
}

// meaning explains the exit codes that shells and kernels agree on.
func meaning(code int32) string {
	switch code {
	case 126:
		return " (the command is not executable)"
	case 127:
		return " (the command is not found)"
	case 137:
		return " (killed)"
	case 139:
		return " (segmentation fault)"
	case 143:
		return " (told to stop)"
	default:
		return ""
	}
}

func unschedulable(n *Node, _ time.Time) *symptom {
	pod := podOf(n)
	if pod == nil {
		return nil
	}
	for _, one := range pod.Status.Conditions {
		if one.Type == corev1.PodScheduled && one.Status == corev1.ConditionFalse && one.Reason == corev1.PodReasonUnschedulable {
			return &symptom{words: "no node takes the pod: " + inOneLine(one.Message), advice: schedulingAdvice(one.Message, n.ID.Namespace), since: one.LastTransitionTime.Time}
		}
	}
	return nil
}

func schedulingAdvice(said, namespace string) string {
	switch {
	case holdsAny(said, "persistentvolumeclaim"):
		return "see why the claim is not bound: `kubectl describe pvc -n " + namespace + "`"
	case holdsAny(said, "insufficient"):
		return "lower the requests, close previews that nobody uses, or add nodes"
	case holdsAny(said, "taint", "affinity", "selector"):
		return "correct the pod's tolerations, affinity or nodeSelector"
	default:
		return "compare what the pod asks for with what the nodes have"
	}
}

func evicted(n *Node, _ time.Time) *symptom {
	pod := podOf(n)
	if pod == nil || pod.Status.Reason != "Evicted" {
		return nil
	}
	return &symptom{words: "evicted: " + inOneLine(pod.Status.Message), advice: "request what it really uses, so that it lands where there is room", since: podSince(pod)}
}

func probeFailed(n *Node, _ time.Time) *symptom {
	event := n.event("Unhealthy")
	for _, c := range containers(n) {
		if c.State.Running != nil && !c.Ready && event != nil {
			return &symptom{
				words:  fmt.Sprintf("container %s runs and is not ready: %s", c.Name, inOneLine(event.Message)),
				advice: "correct the readiness probe, or what the container answers: see `eddy logs PREVIEW`",
				since:  c.since(),
			}
		}
	}
	return nil
}
