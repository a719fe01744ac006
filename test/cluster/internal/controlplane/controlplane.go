// Package controlplane says how the Kubernetes control plane of the local
// system is run: etcd, API server, controller manager and scheduler, each on
// 127.0.0.1, with keys of its own authority.
//
// The flags are those of a production cluster, but for what makes no sense on
// one machine: nothing elects a leader, etcd does not wait for the disk, and
// limits of time and load are wide, because the machine is busy with builds.
package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/pki"
	"github.com/eddy-previews/eddy/test/cluster/internal/probe"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

const (
	// ServiceCIDR holds the addresses of Services. They exist only inside a
	// node's network namespace, so that all systems can use the same.
	ServiceCIDR = "10.96.0.0/16"
	// firstServiceIP is the address of the Service kubernetes.
	firstServiceIP = "10.96.0.1"
	// NodeName is the name of the one node.
	NodeName = "node0"
	// SchedulerProcess is the name of the scheduler's process.
	SchedulerProcess = "kube-scheduler"
)

// Config says where the control plane keeps its state and listens.
type Config struct {
	// Dir holds etcd's data; Kubeconfig is written for the administrator.
	Dir, Kubeconfig string
	Authority       *pki.Authority
	Tools           Tools
	Ports           Ports
	// NodeFacingIP is the address under which pods reach the API server, on
	// the same port. Nothing listens there where there is no node.
	NodeFacingIP string
}

// Tools are the paths of the programs.
type Tools struct{ Etcd, APIServer, ControllerManager, Scheduler string }

// Ports are free ports of 127.0.0.1.
type Ports struct{ Etcd, EtcdPeer, APIServer, ControllerManager, Scheduler int }

// ControlPlane makes the specs of the processes.
type ControlPlane struct {
	cfg  Config
	keys keys
}

// keys are what the processes know each other by.
type keys struct {
	server, kubelet, admin, controllerManager, scheduler pki.Pair

	serviceAccounts string
}

// New makes the keys, and the kubeconfigs of administrator, controller manager
// and scheduler.
func New(cfg Config) (*ControlPlane, error) {
	c := &ControlPlane{cfg: cfg}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the control plane's folder: %w", err)
	}
	if err := c.makeKeys(); err != nil {
		return nil, err
	}
	for path, user := range map[string]pki.Pair{
		cfg.Kubeconfig:                     c.keys.admin,
		c.kubeconfig("controller-manager"): c.keys.controllerManager,
		c.kubeconfig("scheduler"):          c.keys.scheduler,
	} {
		if err := (kube.Kubeconfig{Server: c.URL(), CA: cfg.Authority.CA(), User: user}).Write(path); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *ControlPlane) makeKeys() error {
	a := c.cfg.Authority
	var err error
	if c.keys.server, err = a.Server("kube-apiserver", "localhost", "kubernetes", "kubernetes.default",
		"kubernetes.default.svc", "127.0.0.1", firstServiceIP, c.cfg.NodeFacingIP); err != nil {
		return err
	}
	if c.keys.serviceAccounts, err = a.SigningKey("service-accounts"); err != nil {
		return err
	}
	for _, client := range []struct {
		pair       *pki.Pair
		name, user string
		groups     []string
	}{
		{&c.keys.admin, "admin", "admin", []string{"system:masters"}},
		{&c.keys.kubelet, "kubelet-client", "kube-apiserver-kubelet-client", []string{"system:masters"}},
		{&c.keys.controllerManager, "controller-manager", "system:kube-controller-manager", nil},
		{&c.keys.scheduler, "scheduler", "system:kube-scheduler", nil},
	} {
		if *client.pair, err = a.Client(client.name, client.user, client.groups...); err != nil {
			return err
		}
	}
	return nil
}

// URL is the address of the API server on this machine.
func (c *ControlPlane) URL() string {
	return "https://" + local(c.cfg.Ports.APIServer)
}

func (c *ControlPlane) kubeconfig(name string) string {
	return filepath.Join(c.cfg.Dir, name+".kubeconfig")
}

// Etcd is the API server's database.
func (c *ControlPlane) Etcd() supervise.Spec {
	client, peer := "http://"+local(c.cfg.Ports.Etcd), "http://"+local(c.cfg.Ports.EtcdPeer)
	return supervise.Spec{
		Name: "etcd", Path: c.cfg.Tools.Etcd, Address: client,
		Args: []string{
			"--data-dir=" + filepath.Join(c.cfg.Dir, "etcd"),
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=default=" + peer,
			"--unsafe-no-fsync", // the system's state is not worth waiting for the disk
			// The one member always elects itself; it need not wait long first.
			"--heartbeat-interval=100", "--election-timeout=500",
			"--log-level=warn",
		},
		Ready: probe.HTTP(client + "/health"),
	}
}

// APIServer is ready when it says so itself.
func (c *ControlPlane) APIServer(client *kube.Client) supervise.Spec {
	return supervise.Spec{
		Name: "kube-apiserver", Path: c.cfg.Tools.APIServer, Address: c.URL(),
		Args: []string{
			"--etcd-servers=http://" + local(c.cfg.Ports.Etcd),
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(c.cfg.Ports.APIServer),
			"--advertise-address=" + c.cfg.NodeFacingIP,
			"--tls-cert-file=" + c.keys.server.Cert, "--tls-private-key-file=" + c.keys.server.Key,
			"--client-ca-file=" + c.cfg.Authority.CA(),
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + c.keys.serviceAccounts,
			"--service-account-signing-key-file=" + c.keys.serviceAccounts,
			"--service-cluster-ip-range=" + ServiceCIDR,
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--allow-privileged=true",
			"--kubelet-client-certificate=" + c.keys.kubelet.Cert,
			"--kubelet-client-key=" + c.keys.kubelet.Key,
			"--kubelet-preferred-address-types=InternalIP",
			"--etcd-healthcheck-timeout=10s", "--etcd-readycheck-timeout=10s",
			"--max-requests-inflight=1000", "--max-mutating-requests-inflight=500",
			"--profiling=false",
		},
		Ready: client.Ready,
	}
}

// ControllerManager is ready when it has made the first ServiceAccount.
// Nodes and pods get minutes of patience, so that a busy machine evicts none.
func (c *ControlPlane) ControllerManager(client *kube.Client) supervise.Spec {
	healthy := probe.SelfSigned("https://" + local(c.cfg.Ports.ControllerManager) + "/healthz")
	return supervise.Spec{
		Name: "kube-controller-manager", Path: c.cfg.Tools.ControllerManager,
		Address: "https://" + local(c.cfg.Ports.ControllerManager),
		Args: []string{
			"--kubeconfig=" + c.kubeconfig("controller-manager"),
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(c.cfg.Ports.ControllerManager),
			"--leader-elect=false",
			"--use-service-account-credentials=true",
			"--service-account-private-key-file=" + c.keys.serviceAccounts,
			"--root-ca-file=" + c.cfg.Authority.CA(),
			"--allocate-node-cidrs=false",
			"--node-monitor-grace-period=5m",
			"--kube-api-qps=200", "--kube-api-burst=400",
			"--profiling=false",
		},
		Ready: func(ctx context.Context) error {
			if err := healthy(ctx); err != nil {
				return err
			}
			_, err := client.Typed.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return fmt.Errorf("no default ServiceAccount yet: %w", err)
			}
			return err
		},
	}
}

// Scheduler is run only with a node: without one it has nothing to decide.
func (c *ControlPlane) Scheduler() supervise.Spec {
	url := "https://" + local(c.cfg.Ports.Scheduler)
	return supervise.Spec{
		Name: SchedulerProcess, Path: c.cfg.Tools.Scheduler, Address: url,
		Args: []string{
			"--kubeconfig=" + c.kubeconfig("scheduler"),
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(c.cfg.Ports.Scheduler),
			"--leader-elect=false",
			"--kube-api-qps=200", "--kube-api-burst=400",
			"--profiling=false",
		},
		Ready: probe.SelfSigned(url + "/healthz"),
	}
}

// local is an address of this machine alone.
func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
