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

// Controllers are the names of all controllers.
func Controllers() []string {
	return []string{"source-controller", "kustomize-controller", "helm-controller", "notification-controller"}
}

// Config says where the controllers keep their state and listen.
type Config struct {
	Dir, Kubeconfig string
	// Tools is the folder of the controllers' programs.
	Tools string
	Ports Ports
}

// Ports are free ports of 127.0.0.1.
type Ports struct {
	// Storage serves artifacts, Events takes events, Receiver takes webhooks.
	Storage, Events, Receiver int
	Source, Kustomize         Monitoring
	Helm, Notification        Monitoring
}

// Monitoring are the two ports that each controller has.
type Monitoring struct{ Metrics, Health int }

// EventsURL is where notification-controller takes the events of the others,
// and of whoever else has some.
func (c Config) EventsURL() string { return "http://" + local(c.Ports.Events) + "/" }

// First are the controllers that a first preview needs, as processes.
func (c Config) First() ([]supervise.Spec, error) {
	source, err := c.sourceController()
	if err != nil {
		return nil, err
	}
	kustomize, err := c.kustomizeController()
	return []supervise.Spec{source, kustomize}, err
}

// Rest are the other controllers, as processes.
func (c Config) Rest() ([]supervise.Spec, error) {
	helm, err := c.helmController()
	if err != nil {
		return nil, err
	}
	notification, err := c.notificationController()
	return []supervise.Spec{helm, notification}, err
}

// sourceController fetches from Git and registries, and serves what it fetched
// on the storage port, to the others and to whoever else reads artifacts.
func (c Config) sourceController() (supervise.Spec, error) {
	storage := local(c.Ports.Storage)
	return c.controller("source-controller", c.Ports.Source, append(c.reconciling(),
		"--requeue-dependency=2s", "--concurrent=8",
		"--storage-path="+filepath.Join(c.Dir, "artifacts"),
		"--storage-addr="+storage, "--storage-adv-addr="+storage,
	)...)
}

// kustomizeController applies Kustomizations.
func (c Config) kustomizeController() (supervise.Spec, error) {
	return c.controller("kustomize-controller", c.Ports.Kustomize, append(c.reconciling(),
		"--requeue-dependency=2s", "--concurrent=16", "--concurrent-ssa=8",
	)...)
}

// helmController installs HelmReleases.
func (c Config) helmController() (supervise.Spec, error) {
	return c.controller("helm-controller", c.Ports.Helm, append(c.reconciling(),
		"--requeue-dependency=2s", "--concurrent=8",
	)...)
}

// notificationController passes events on, and takes webhooks.
func (c Config) notificationController() (supervise.Spec, error) {
	return c.controller("notification-controller", c.Ports.Notification,
		"--events-addr="+local(c.Ports.Events), "--receiverAddr="+local(c.Ports.Receiver))
}

// reconciling are the flags of the controllers that reconcile objects of their
// own: they send events, and try again after seconds.
func (c Config) reconciling() []string {
	return []string{"--events-addr=" + c.EventsURL(), "--min-retry-delay=500ms", "--max-retry-delay=30s"}
}

func (c Config) controller(name string, ports Monitoring, args ...string) (supervise.Spec, error) {
	temp := filepath.Join(c.Dir, name+"-tmp")
	for _, dir := range []string{temp, filepath.Join(c.Dir, "artifacts")} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return supervise.Spec{}, fmt.Errorf("making a folder for %s: %w", name, err)
		}
	}
	return supervise.Spec{
		Name: name, Path: filepath.Join(c.Tools, name), Address: "http://" + local(ports.Health),
		Env: []string{
			"KUBECONFIG=" + c.Kubeconfig,
			"RUNTIME_NAMESPACE=" + Namespace,
			"TMPDIR=" + temp,
		},
		Args: append([]string{
			"--metrics-addr=" + local(ports.Metrics), "--health-addr=" + local(ports.Health),
			"--enable-leader-election=false", "--watch-all-namespaces=true",
			"--kube-api-qps=200", "--kube-api-burst=400",
			"--log-level=info",
		}, args...),
		Ready: probe.HTTP("http://" + local(ports.Health) + "/readyz"),
	}, nil
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
