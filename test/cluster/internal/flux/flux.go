// Package flux says how Flux's controllers run beside the API server, outside
// of the cluster: unmodified, with an administrator's kubeconfig, and tuned to
// try again after seconds, so that tests do not wait half a minute for what is
// ready at once.
package flux

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/eddy-previews/eddy/test/cluster/internal/probe"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

// Namespace is where Flux would run, and keeps what belongs to it.
const Namespace = "flux-system"

// Config says where the controllers keep their state and listen.
type Config struct {
	Dir, Kubeconfig string
	Tools           Tools
	Ports           Ports
}

// Tools are the paths of the controllers.
type Tools struct{ SourceController, KustomizeController string }

// Ports are free ports of 127.0.0.1.
type Ports struct {
	Storage                           int
	SourceMetrics, SourceHealth       int
	KustomizeMetrics, KustomizeHealth int
}

// Specs are the controllers as processes.
func (c Config) Specs() ([]supervise.Spec, error) {
	source, err := c.sourceController()
	if err != nil {
		return nil, err
	}
	kustomize, err := c.kustomizeController()
	return []supervise.Spec{source, kustomize}, err
}

// sourceController fetches from Git and serves what it fetched on the storage
// port, to kustomize-controller and to whoever else reads artifacts.
func (c Config) sourceController() (supervise.Spec, error) {
	storage := local(c.Ports.Storage)
	return c.controller(program{"source-controller", c.Tools.SourceController, c.Ports.SourceMetrics, c.Ports.SourceHealth},
		"--storage-path="+filepath.Join(c.Dir, "artifacts"),
		"--storage-addr="+storage, "--storage-adv-addr="+storage,
		"--concurrent=8",
	)
}

// kustomizeController applies Kustomizations.
func (c Config) kustomizeController() (supervise.Spec, error) {
	return c.controller(program{"kustomize-controller", c.Tools.KustomizeController, c.Ports.KustomizeMetrics, c.Ports.KustomizeHealth},
		"--concurrent=16", "--concurrent-ssa=8",
	)
}

// program is a controller, and the ports that it serves.
type program struct {
	name, path      string
	metrics, health int
}

func (c Config) controller(p program, args ...string) (supervise.Spec, error) {
	temp := filepath.Join(c.Dir, p.name+"-tmp")
	for _, dir := range []string{temp, filepath.Join(c.Dir, "artifacts")} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return supervise.Spec{}, fmt.Errorf("making a folder for %s: %w", p.name, err)
		}
	}
	return supervise.Spec{
		Name: p.name, Path: p.path, Address: "http://" + local(p.health),
		Env: []string{
			"KUBECONFIG=" + c.Kubeconfig,
			"RUNTIME_NAMESPACE=" + Namespace,
			"TMPDIR=" + temp,
		},
		Args: append([]string{
			"--metrics-addr=" + local(p.metrics), "--health-addr=" + local(p.health), "--events-addr=",
			"--enable-leader-election=false", "--watch-all-namespaces=true",
			"--requeue-dependency=2s", "--min-retry-delay=500ms", "--max-retry-delay=30s",
			"--kube-api-qps=200", "--kube-api-burst=400",
			"--log-level=info",
		}, args...),
		Ready: probe.HTTP("http://" + local(p.health) + "/readyz"),
	}, nil
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
