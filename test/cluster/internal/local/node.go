package local

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/eddy-previews/eddy/test/cluster/internal/controlplane"
	"github.com/eddy-previews/eddy/test/cluster/internal/image"
	"github.com/eddy-previews/eddy/test/cluster/internal/ingress"
	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/node"
	"github.com/eddy-previews/eddy/test/cluster/internal/pki"
	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// pauseImage holds a pod's namespaces open. Its name is of no registry.
const pauseImage = "eddy.local/pause:1"

// withoutNode is what follows from there being no node.
const withoutNode = "pods stay Pending, and there is no scheduler and no ingress; all else works"

// nodeParts are what a node needs of the control plane.
type nodeParts struct {
	plane     *controlplane.ControlPlane
	authority *pki.Authority
	client    *kube.Client
}

// decideNode says whether there will be a node, and writes down why not.
func (r *run) decideNode(ctx context.Context) error {
	if r.Node == NodeOff {
		r.missNode("not asked for (--node off)")
		return nil
	}
	problems := node.Check(ctx)
	if len(problems) == 0 {
		r.withNode = true
		return nil
	}
	if r.Node == NodeOn {
		return fmt.Errorf("this machine cannot run a node: %s", strings.Join(problems, "; "))
	}
	r.missNode(strings.Join(problems, "; "))
	return nil
}

func (r *run) missNode(reason string) {
	r.info.Missing = append(r.info.Missing, fmt.Sprintf("node: %s. So %s.", reason, withoutNode))
}

// startNode starts scheduler, node and ingress. A node that was not insisted
// on and does not start is missing, and no reason to fail.
func (r *run) startNode(ctx context.Context, parts nodeParts) error {
	err := r.tryNode(ctx, parts)
	if err == nil || r.Node == NodeOn || ctx.Err() != nil {
		return err
	}
	for _, name := range []string{ingress.Process, node.Process, controlplane.SchedulerProcess} {
		r.supervisor.StopOne(name, "there is no node")
	}
	r.info.Node, r.info.Ingress = nil, nil
	r.missNode(err.Error())
	return nil
}

func (r *run) tryNode(ctx context.Context, parts nodeParts) error {
	config, err := r.nodeConfig(ctx)
	if err != nil {
		return err
	}
	r.cleanups = append(r.cleanups, func() error { return node.Remove(config.Net) })
	if err := config.Prepare(parts.authority); err != nil {
		return err
	}
	if err := r.start(ctx, parts.plane.Scheduler()); err != nil {
		return err
	}
	if err := r.start(ctx, r.cabled(config.Spec(parts.client))); err != nil {
		return err
	}
	r.info.Node = &system.Node{Name: config.Name, Host: config.Net.HostIP}
	if err := parts.client.EnsureIngressClass(ctx, ingress.Class, ingress.Controller); err != nil {
		return err
	}
	spec := ingress.Spec(r.info.Kubeconfig, r.ports.ingress)
	if err := r.start(ctx, spec); err != nil {
		return err
	}
	r.info.Ingress = &system.Ingress{URL: spec.Address}
	return nil
}

func (r *run) nodeConfig(ctx context.Context) (node.Config, error) {
	kubernetes, err := r.Builder.Dir("kubernetes")
	if err != nil {
		return node.Config{}, err
	}
	pause, err := r.Builder.Program(ctx, "pause")
	if err != nil {
		return node.Config{}, err
	}
	network := slot.NetworkOf(r.slot.Number)
	config := node.Config{
		Name: controlplane.NodeName, Dir: r.Folder.path("node"), Logs: r.Folder.path("logs"),
		Tools: node.Tools{
			Kubelet:   filepath.Join(kubernetes, "kubelet"),
			KubeProxy: filepath.Join(kubernetes, "kube-proxy"),
		},
		Images:      []string{r.Folder.path("pause.tar")},
		Net:         network,
		APIServer:   "https://" + network.HostIP + ":" + strconv.Itoa(r.ports.controlPlane.APIServer),
		ServiceCIDR: controlplane.ServiceCIDR, PauseImage: pauseImage,
		Registry: r.registryHost(),
	}
	return config, image.Image{Ref: pauseImage, Program: pause}.Write(config.Images[0])
}

// cabled adds to a node's process that what it needs of this machine can be
// reached through its cable as soon as that lies: under the same port as on
// 127.0.0.1, where all of it listens.
func (r *run) cabled(spec supervise.Spec) supervise.Spec {
	attach := spec.Started
	spec.Started = func(ctx context.Context, pid int) error {
		if err := attach(ctx, pid); err != nil {
			return err
		}
		for _, number := range []int{r.ports.controlPlane.APIServer, r.ports.registry, r.ports.gitea, r.ports.flux.Events} {
			port := ":" + strconv.Itoa(number)
			// For as long as the system lives, not only while it starts.
			if err := node.Forward(r.life, slot.NetworkOf(r.slot.Number).HostIP+port, "127.0.0.1"+port); err != nil {
				return err
			}
		}
		return nil
	}
	return spec
}
