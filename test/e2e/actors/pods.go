package actors

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// operator is what the chart calls the Deployment and the lease of its leader.
	operator = "eddy"
	// operatorTag is that of the image that is pushed here.
	operatorTag = "v0.0.0-here"
)

// ForPods is the system with addresses that lead to the same from pods as from this
// machine.
func (s *System) ForPods() (*System, error) {
	host, _, err := net.SplitHostPort(s.Registry.Host)
	if err != nil {
		return nil, fmt.Errorf("the registry of the system: %w", err)
	}
	out := *s
	out.Gitea.URL = strings.Replace(s.Gitea.URL, "127.0.0.1", host, 1)
	return &out, nil
}

// PushOperator builds the image as `make image` does, of the program that is built
// already, and pushes it to the registry of the system.
func (w *World) PushOperator(ctx context.Context) error {
	program, err := w.Programs.Eddy(ctx)
	if err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "run", "-C", filepath.Join(w.Programs.Root, "packaging"), ".",
		"--root", w.Programs.Root, "--program", program, "--platforms", "linux/"+runtime.GOARCH,
		"--version", operatorTag, "--push", w.operatorImage())
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the image: %w\n%s", err, out)
	}
	return nil
}

func (w *World) operatorImage() string { return w.System.Registry.Host + "/eddy" }

// InstallOperator does what its users do: eddy install, with the image of this
// system and further values, as NAME=VALUE. It can be repeated with others.
func (w *World) InstallOperator(ctx context.Context, values ...string) (string, error) {
	args := []string{"install", "--image", w.operatorImage() + ":" + operatorTag}
	values = append([]string{
		"previews.namespaces={" + Namespace + "}", "operator.minInterval=1s",
		"resources.requests.cpu=10m", // one node has room for two, and for two more while they are replaced
	}, values...)
	for _, value := range values {
		args = append(args, "--set", value)
	}
	return w.Run(ctx, args...)
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
