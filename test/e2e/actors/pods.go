package actors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// operator is what the chart calls the Deployment and the lease of its leader.
	operator = "eddy"
	// operatorTag is that of the image that is made here, and operatorImage its name
	// where no registry has it, but the node itself.
	operatorTag   = "v0.0.0-here"
	operatorImage = "ghcr.io/eddy-previews/eddy"
)

// ForPods is an address of the system that leads to the same from pods as from this
// machine, where pods run.
func (s *System) ForPods(address string) string {
	if s.Node == nil {
		return address
	}
	return strings.Replace(address, "127.0.0.1", s.Node.Host, 1)
}

// PushOperator makes the image of the operator, and pushes it to the registry of the
// system.
func (w *World) PushOperator(ctx context.Context) error {
	w.operatorImage = w.System.Registry.Host + "/eddy"
	return w.Programs.Package(ctx, operatorTag, "--push", w.operatorImage)
}

// PackOperator makes the image of the operator in a file, before there is a system.
func (p Programs) PackOperator(ctx context.Context, archive string) error {
	return p.Package(ctx, operatorTag, "--name", operatorImage, "--output", archive)
}

// LoadOperator gives that image to the node, so that no registry has to be there.
func (w *World) LoadOperator(ctx context.Context, archive string) error {
	w.operatorImage = operatorImage
	return w.Programs.Import(ctx, w.System.Dir, archive)
}

// Installation are the arguments of eddy install for the image of this system, with
// further values, as NAME=VALUE.
func (w *World) Installation(values ...string) []string {
	args := []string{"install", "--image", w.operatorImage + ":" + operatorTag}
	values = append([]string{
		"previews.namespaces={" + Namespace + "}", "operator.minInterval=1s", "operator.logEncoding=console",
		"notificationAddress=" + w.System.Events,
		"resources.requests.cpu=10m", // one node has room for two, and for two more while they are replaced
	}, values...)
	for _, value := range values {
		args = append(args, "--set", value)
	}
	return args
}

// InstallOperator does what its users do, eddy install, and waits until it is ready.
// It can be repeated with other values.
func (w *World) InstallOperator(ctx context.Context, values ...string) (string, error) {
	return w.Run(ctx, w.Installation(values...)...)
}

// Run runs a command of eddy.
func (w *World) Run(ctx context.Context, args ...string) (string, error) {
	program, err := w.Programs.Eddy(ctx)
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+w.System.Kubeconfig)
	text, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("eddy %s: %w\n%s\n%s", strings.Join(args, " "), err, text, w.Diagnose(ctx))
	}
	return string(text), err
}

// Operators are the pods of the operator.
func (w *World) Operators(ctx context.Context) ([]corev1.Pod, error) {
	pods := &corev1.PodList{}
	err := w.Kube.List(ctx, pods, client.InNamespace(FluxNamespace), client.MatchingLabels{
		"app.kubernetes.io/name": operator, "app.kubernetes.io/component": "operator",
	})
	return pods.Items, err
}

// Leader is the pod that holds the lease, by its name.
func (w *World) Leader(ctx context.Context) (string, error) {
	lease := &coordinationv1.Lease{}
	if err := w.Kube.Get(ctx, client.ObjectKey{Namespace: FluxNamespace, Name: operator}, lease); err != nil {
		return "", err
	}
	if lease.Spec.HolderIdentity == nil {
		return "", errors.New("nobody holds the lease")
	}
	pod, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
	return pod, nil
}

// Led claims that an operator leads that is none of those given.
func (w *World) Led(not ...string) Claim {
	return Claim{"another operator leads than " + strings.Join(not, ", "), later, func(ctx context.Context) error {
		leader, err := w.Leader(ctx)
		if err != nil {
			return err
		}
		for _, one := range not {
			if one == leader {
				return fmt.Errorf("%s leads", leader)
			}
		}
		pod := &corev1.Pod{}
		return w.Kube.Get(ctx, client.ObjectKey{Namespace: FluxNamespace, Name: leader}, pod)
	}}
}

// Manned claims that as many operators run as the chart says, and all of the same
// version.
func (w *World) Manned() Claim {
	return Claim{"all replicas of the operator are ready", later, func(ctx context.Context) error {
		deployment := &appsv1.Deployment{}
		if err := w.Kube.Get(ctx, client.ObjectKey{Namespace: FluxNamespace, Name: operator}, deployment); err != nil {
			return err
		}
		s := deployment.Status
		if want := *deployment.Spec.Replicas; s.ObservedGeneration != deployment.Generation || s.Replicas != want || s.UpdatedReplicas != want || s.ReadyReplicas != want {
			return fmt.Errorf("of %d replicas there are %d, %d of them new, %d ready", want, s.Replicas, s.UpdatedReplicas, s.ReadyReplicas)
		}
		return nil
	}}
}
