package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// containerdTimeout is how long containerd may take to answer.
const containerdTimeout = time.Minute

// daemon is a process of the node that is started again when it ends.
type daemon struct {
	name string
	path string
	args []string
	pid  int
}

// Init is process 1 of a node. It returns when it cannot go on, or when the
// context ends; the kernel then ends all that the node runs.
func Init(ctx context.Context, configFile string) error {
	raw, err := os.ReadFile(configFile)
	if err != nil {
		return fmt.Errorf("reading what the node is: %w", err)
	}
	var c Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("reading what the node is from %s: %w", configFile, err)
	}
	if err := c.setUpMounts(); err != nil {
		return err
	}
	if err := setUpNetwork(ctx, c.Net, c.ServiceCIDR); err != nil {
		return err
	}
	daemons := c.daemons()
	containerd := daemons[0]
	if err := c.launch(containerd); err != nil {
		return err
	}
	if err := c.importImages(ctx); err != nil {
		return err
	}
	for _, d := range daemons[1:] {
		if err := c.launch(d); err != nil {
			return err
		}
	}
	return c.reap(ctx, daemons)
}

// daemons are the processes of the node; containerd comes first.
func (c Config) daemons() []*daemon {
	return []*daemon{
		{name: "containerd", path: "containerd", args: []string{"--config", c.path("containerd.toml"), "--log-level", "warn"}},
		{name: "kubelet", path: c.Tools.Kubelet, args: []string{
			"--config=" + c.path("kubelet.yaml"), "--kubeconfig=" + c.path("kubelet.kubeconfig"),
			"--hostname-override=" + c.Name, "--node-ip=" + c.Net.NodeIP,
			"--volume-plugin-dir=/var/lib/kubelet/volume-plugins",
		}},
		{name: "kube-proxy", path: c.Tools.KubeProxy, args: []string{"--config=" + c.path("kube-proxy.yaml")}},
	}
}

// launch starts a daemon without waiting for its end, which reap does for all.
func (c Config) launch(d *daemon) error {
	log, err := os.OpenFile(filepath.Join(c.Logs, d.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", d.name, err)
	}
	defer func() { _ = log.Close() }() // the daemon has its own
	// No context ends a daemon: process 1 does, when it ends.
	cmd := exec.CommandContext(context.Background(), d.path, d.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", d.name, err)
	}
	d.pid = cmd.Process.Pid
	fmt.Printf("%s started %s\n", time.Now().Format(time.TimeOnly), d.name)
	return nil
}

// importImages waits for containerd, and gives it the images that a node
// cannot do without. Importing twice is harmless.
func (c Config) importImages(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, containerdTimeout)
	defer cancel()
	for {
		err := ctr(ctx, containerdSocket, "version")
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("containerd does not answer, see %s: %w", filepath.Join(c.Logs, "containerd.log"), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	for _, image := range c.Images {
		if err := Import(ctx, containerdSocket, image); err != nil {
			return err
		}
	}
	return nil
}

// Import gives the containerd behind a socket the images in a tar file.
func Import(ctx context.Context, socket, tarFile string) error {
	return ctr(ctx, socket, "-n", "k8s.io", "images", "import", tarFile)
}

// ctr runs containerd's own client.
func ctr(ctx context.Context, socket string, args ...string) error {
	out, err := exec.CommandContext(ctx, "ctr", append([]string{"--address", socket}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ctr %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// reap waits for every process that ends, as process 1 must: the daemons, and
// whatever has lost its parent. A daemon that ends is started again.
func (c Config) reap(ctx context.Context, daemons []*daemon) error {
	for ctx.Err() == nil {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("waiting for the node's processes: %w", err)
		}
		if pid <= 0 {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		for _, d := range daemons {
			if d.pid != pid {
				continue
			}
			fmt.Printf("%s %s ended with status %d\n", time.Now().Format(time.TimeOnly), d.name, status.ExitStatus())
			pause(ctx, time.Second)
			if err := c.launch(d); err != nil {
				return err
			}
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
