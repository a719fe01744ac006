// Package node runs a real Kubernetes node on this machine: containerd,
// kubelet and kube-proxy, in network, mount and process namespaces of their
// own.
//
// Its life, in order:
//
//  1. The supervisor writes the node's files, makes its control groups, and
//     starts this program again as process 1 of new namespaces.
//  2. It lays a cable (veth) into the network namespace, from the machine.
//  3. Process 1 gives itself a /proc and a /var of its own, sets up its half of
//     the network, and starts containerd, kubelet and kube-proxy (Init).
//  4. The kubelet registers the node; when that is Ready, so is the process.
//
// What it promises: when process 1 ends, in whatever way, the kernel ends all
// that ran on the node and removes its mounts, its network and the cable.
// Only the control groups stay, which Remove removes. Nothing of the machine's
// own is changed: not its routes but for the pods', not its sysctls, not its
// /var, not its containerd.
package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/pki"
	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

// namespaces are what a node has of its own.
const namespaces = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET

// InitCommand is the command of this program that Init is behind.
const InitCommand = "node-init"

// Process is the name of the node's process 1 in the system.
const Process = "node"

// Config says what a node needs.
type Config struct {
	// Name is the node's name in Kubernetes.
	Name string `json:"name"`
	// Dir holds all of its state, Logs the logs of its processes.
	Dir  string `json:"dir"`
	Logs string `json:"logs"`
	// Tools are the pinned programs, Images what is imported at the start: a
	// path of a tar file each.
	Tools  Tools        `json:"tools"`
	Images []string     `json:"images"`
	Net    slot.Network `json:"net"`
	// APIServer is the address of the API server as the node sees it.
	APIServer string `json:"apiServer"`
	// ServiceCIDR holds the addresses of Services.
	ServiceCIDR string `json:"serviceCIDR"`
	// PauseImage is the image that holds a pod's namespaces open.
	PauseImage string `json:"pauseImage"`
	// Registry is the HOST:PORT of a registry that speaks HTTP alone.
	Registry string `json:"registry"`
}

// Tools are the paths of the programs of Kubernetes.
type Tools struct {
	Kubelet   string `json:"kubelet"`
	KubeProxy string `json:"kubeProxy"`
}

func (c Config) path(elem ...string) string {
	return filepath.Join(append([]string{c.Dir}, elem...)...)
}

// configFile is how process 1 learns what it is to run.
func (c Config) configFile() string { return c.path("node.json") }

// Prepare writes the node's files and makes its control groups.
func (c Config) Prepare(authority *pki.Authority) error {
	for _, dir := range append(c.ownFolders(), c.path("cni.d"), c.path("registries", c.Registry)) {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("making the node's folders: %w", err)
		}
	}
	for user, groups := range map[string][]string{
		"system:node:" + c.Name: {"system:nodes"},
		"system:kube-proxy":     nil,
	} {
		name := "kube-proxy"
		if groups != nil {
			name = "kubelet"
		}
		pair, err := authority.Client(name, user, groups...)
		if err != nil {
			return err
		}
		config := kube.Kubeconfig{Server: c.APIServer, CA: authority.CA(), User: pair}
		if err := config.Write(c.path(name + ".kubeconfig")); err != nil {
			return err
		}
	}
	if err := c.writeFiles(authority.CA()); err != nil {
		return err
	}
	return makeCgroups(c.Net.Cgroup)
}

func (c Config) writeFiles(clientCA string) error {
	own, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		c.configFile():                   string(own),
		c.path("containerd.toml"):        c.containerdConfig(),
		c.path("cni.d", "eddy.conflist"): c.cniConfig(),
		c.path("kubelet.yaml"):           c.kubeletConfig(clientCA),
		c.registryFile():                 c.registryConfig(),
		c.path("kube-proxy.yaml"):        c.kubeProxyConfig(),
		c.path("resolv.conf"):            "# No name server: nothing leaves this machine.\noptions ndots:1\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			return fmt.Errorf("writing the node's files: %w", err)
		}
	}
	return nil
}

// Spec is the node's process 1.
func (c Config) Spec(client *kube.Client) supervise.Spec {
	// The API counts in seconds.
	began := time.Now().Truncate(time.Second)
	return supervise.Spec{
		Name: Process, Path: "/proc/self/exe", Args: []string{InitCommand, c.configFile()},
		Namespaces: namespaces,
		Once:       true, // the cable went with it
		Address:    c.Net.NodeIP,
		Started:    func(ctx context.Context, pid int) error { return attach(ctx, c.Net, pid) },
		Ready:      func(ctx context.Context) error { return ready(ctx, client, c.Name, began) },
	}
}

// ready asks Kubernetes whether the node can run pods. What it said before it
// began, in a system that was kept, does not count.
func ready(ctx context.Context, client *kube.Client, name string, began time.Time) error {
	node, err := client.Typed.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type != corev1.NodeReady || condition.LastHeartbeatTime.Time.Before(began) {
			continue
		}
		if condition.Status == corev1.ConditionTrue {
			return nil
		}
		return errors.New(condition.Message)
	}
	return errors.New("the kubelet has not said yet how it is")
}

// Remove removes what of a node in a slot outlives its process 1. Where there
// is nothing it does nothing.
func Remove(network slot.Network) error {
	return errors.Join(
		detach(context.Background(), network),
		removeCgroups(network.Cgroup),
	)
}

// Socket is the path of containerd's socket as this machine sees it, given the
// process id of the node's process 1.
func Socket(pid int) string {
	return fmt.Sprintf("/proc/%d/root%s", pid, containerdSocket)
}
