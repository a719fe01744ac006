package local

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/eddy-previews/eddy/test/cluster/internal/controlplane"
	"github.com/eddy-previews/eddy/test/cluster/internal/flux"
	"github.com/eddy-previews/eddy/test/cluster/internal/gitea"
	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/pki"
	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
)

// ports are the free ports of a system, the ones that people type first.
type ports struct {
	gitea, ingress, registry int
	controlPlane             controlplane.Ports
	flux                     flux.Ports
}

func takePorts(s *slot.Slot) (ports, error) {
	var p ports
	wanted := []*int{
		&p.controlPlane.APIServer, &p.gitea, &p.ingress,
		&p.controlPlane.Etcd, &p.controlPlane.EtcdPeer,
		&p.controlPlane.ControllerManager, &p.controlPlane.Scheduler,
		&p.registry, &p.flux.Storage, &p.flux.Events, &p.flux.Receiver,
		&p.flux.Source.Metrics, &p.flux.Source.Health,
		&p.flux.Kustomize.Metrics, &p.flux.Kustomize.Health,
		&p.flux.Helm.Metrics, &p.flux.Helm.Health,
		&p.flux.Notification.Metrics, &p.flux.Notification.Health,
	}
	free, err := s.Ports(len(wanted))
	if err != nil {
		return ports{}, err
	}
	for i, port := range wanted {
		*port = free[i]
	}
	return p, nil
}

func (r *run) startGitea(ctx context.Context) error {
	dir, err := r.Builder.Dir("gitea")
	if err != nil {
		return err
	}
	config := gitea.Config{
		Dir: r.Folder.path("gitea"), Program: filepath.Join(dir, "gitea"),
		Static: filepath.Join(dir, "static"), Port: r.ports.gitea,
	}
	admin, err := config.Prepare(ctx)
	if err != nil {
		return err
	}
	r.info.Gitea = *admin
	return r.start(ctx, config.Spec())
}

// startKubernetes starts the control plane and all that needs it.
func (r *run) startKubernetes(ctx context.Context) error {
	authority, err := pki.Open(r.Folder.path("pki"))
	if err != nil {
		return err
	}
	plane, err := r.controlPlane(authority)
	if err != nil {
		return err
	}
	r.info.APIServer = plane.URL()
	client, err := kube.Open(r.info.Kubeconfig)
	if err != nil {
		return err
	}
	if err := r.start(ctx, plane.Etcd()); err != nil {
		return err
	}
	if err := r.start(ctx, plane.APIServer(client)); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.start(ctx, plane.ControllerManager(client)) })
	group.Go(func() error { return r.startFlux(ctx, client) })
	group.Go(func() error { return r.applyCRDs(ctx, client) })
	if r.withNode {
		group.Go(func() error { return r.startNode(ctx, nodeParts{plane, authority, client}) })
	}
	return group.Wait()
}

func (r *run) controlPlane(authority *pki.Authority) (*controlplane.ControlPlane, error) {
	kubernetes, err := r.Builder.Dir("kubernetes")
	if err != nil {
		return nil, err
	}
	return controlplane.New(controlplane.Config{
		Dir: r.Folder.path("control-plane"), Kubeconfig: r.info.Kubeconfig,
		Authority: authority,
		Tools: controlplane.Tools{
			Etcd:              filepath.Join(kubernetes, "etcd"),
			APIServer:         filepath.Join(kubernetes, "kube-apiserver"),
			ControllerManager: filepath.Join(kubernetes, "kube-controller-manager"),
			Scheduler:         filepath.Join(kubernetes, "kube-scheduler"),
		},
		Ports:        r.ports.controlPlane,
		NodeFacingIP: slot.NetworkOf(r.slot.Number).HostIP,
	})
}

// startFlux applies the CRDs first: the controllers end where they are missing.
func (r *run) startFlux(ctx context.Context, client *kube.Client) error {
	if err := client.EnsureNamespace(ctx, flux.Namespace); err != nil {
		return err
	}
	crds, err := r.Builder.FluxCRDs()
	if err != nil {
		return err
	}
	for _, dir := range crds {
		if err := client.ApplyCRDs(ctx, dir); err != nil {
			return fmt.Errorf("applying Flux's CRDs: %w", err)
		}
	}
	config, err := r.fluxConfig()
	if err != nil {
		return err
	}
	specs, err := config.First()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, spec := range specs {
		group.Go(func() error { return r.start(ctx, spec) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	go r.renew(r.life, client) // for as long as the system lives, not only while it starts
	return nil
}

func (r *run) fluxConfig() (flux.Config, error) {
	tools, err := r.Builder.Dir("flux")
	return flux.Config{
		Dir: r.Folder.path("flux"), Kubeconfig: r.info.Kubeconfig, Tools: tools, Ports: r.ports.flux,
	}, err
}

func (r *run) applyCRDs(ctx context.Context, client *kube.Client) error {
	for _, dir := range r.CRDs {
		if err := client.ApplyCRDs(ctx, dir); err != nil {
			return err
		}
		r.Progress.Line("CRDs of %s are served", dir)
	}
	return nil
}
