// Package operator runs the watcher and the templater against a cluster: it
// wires caches, clients, metrics and probes, and decides nothing else.
package operator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"time"

	runtimectrl "github.com/fluxcd/pkg/runtime/controller"
	"github.com/fluxcd/pkg/runtime/events"
	"github.com/fluxcd/pkg/runtime/logger"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/feedback"
	"github.com/eddy-previews/eddy/internal/probe"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/templater"
	"github.com/eddy-previews/eddy/internal/throttle"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/internal/turns"
	"github.com/eddy-previews/eddy/internal/watcher"
)

// name is how the operator calls itself: in events and in its lease.
const name = "eddy"

// garbage is how much of it there may be, in percent of what is in use, where GOGC does
// not say. Memory is held all the time, and garbage comes only with work, which is rare.
const garbage = 50

// Run works until the context ends. The cluster is that of the kubeconfig in
// the environment, or the one that the operator runs in.
func Run(ctx context.Context, options Options) error {
	logger.SetLogger(logger.NewLogger(options.Log))
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	cluster, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w: set KUBECONFIG, or run inside of a cluster", err)
	}
	manager, err := New(cluster, options) //nolint:contextcheck // nothing is asked before it starts
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

// New returns a manager with both controllers in it, ready to be started.
func New(cluster *rest.Config, options Options) (ctrl.Manager, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	// The API server's priority and fairness does what a limit here would.
	cluster.QPS = -1
	scheme, err := Scheme()
	if err != nil {
		return nil, err
	}
	selector, err := options.selector()
	if err != nil {
		return nil, err
	}
	manager, err := ctrl.NewManager(cluster, managerOptions(scheme, selector, options))
	if err != nil {
		return nil, fmt.Errorf("creating the manager: %w", err)
	}
	if err := addProbes(manager); err != nil {
		return nil, err
	}
	networks, err := transport.ParseNetworks(options.ProviderNetworks)
	if err != nil {
		return nil, fmt.Errorf("--provider-networks: %w", err)
	}
	shared := source.NewShared(time.Now, networks)
	measures := report.NewMeasures(probe.Results())
	for _, collector := range []prometheus.Collector{report.NewInfo(ofShard{manager.GetClient(), selector}), measures, shared.Pools()} {
		metrics.Registry.Unregister(collector) // that of a manager which this process had before
		if err := metrics.Registry.Register(collector); err != nil {
			return nil, fmt.Errorf("registering the metrics: %w", err)
		}
	}
	return manager, addControllers(manager, shared, measures, options)
}

// Scheme knows the kinds that the operator reads and writes.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sourcev1.AddToScheme, v1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	return scheme, nil
}

func managerOptions(scheme *runtime.Scheme, selector labels.Selector, options Options) ctrl.Options {
	caches := cache.Options{DefaultNamespaces: namespaces(options.WatchNamespaces)}
	if selector != nil {
		// A set may have its inputs from any provider: what is not in the cache would be
		// taken for one that is gone, and its previews with it.
		caches.ByObject = map[client.Object]cache.ByObject{&v1.ResourceSet{}: {Label: selector}}
	}
	return ctrl.Options{
		Scheme:                        scheme,
		Logger:                        ctrl.Log,
		Metrics:                       metricsserver.Options{BindAddress: options.MetricsAddr},
		HealthProbeBindAddress:        options.HealthAddr,
		PprofBindAddress:              options.PprofAddr,
		LeaderElection:                options.LeaderElection,
		LeaderElectionID:              options.lease(),
		LeaderElectionNamespace:       options.Namespace,
		LeaderElectionReleaseOnCancel: true,
		// A process may start the operator again, as tests do.
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
		Cache:      caches,
		Client: client.Options{Cache: &client.CacheOptions{
			// Read when needed: a cache of them would hold every Secret of the cluster.
			DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}, &corev1.ServiceAccount{}},
		}},
	}
}

func namespaces(names []string) map[string]cache.Config {
	if len(names) == 0 {
		return nil
	}
	out := make(map[string]cache.Config, len(names))
	for _, name := range names {
		out[name] = cache.Config{}
	}
	return out
}

func addProbes(manager ctrl.Manager) error {
	if err := manager.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the liveness probe: %w", err)
	}
	if err := manager.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding the readiness probe: %w", err)
	}
	return nil
}

// addControllers adds the watcher and the templater to the manager.
func addControllers(manager ctrl.Manager, shared *source.Shared, measures *report.Measures, options Options) error {
	reporter, err := newReporter(manager, options)
	if err != nil {
		return err
	}
	selector, err := options.selector()
	if err != nil {
		return err
	}
	own, err := client.New(manager.GetConfig(), client.Options{
		Scheme: manager.GetScheme(), Mapper: manager.GetRESTMapper(), HTTPClient: manager.GetHTTPClient(),
	})
	if err != nil {
		return fmt.Errorf("creating the client: %w", err)
	}
	kinds, err := discovery.NewDiscoveryClientForConfigAndClient(manager.GetConfig(), manager.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("creating the discovery client: %w", err)
	}
	accounts := &templater.Accounts{Config: manager.GetConfig(), Own: own}
	credentials, err := newCredentials(manager, shared, accounts, options)
	if err != nil {
		return fmt.Errorf("preparing credentials: %w", err)
	}
	watch := &watcher.Reconciler{
		Client: manager.GetClient(), Report: reporter, Credentials: credentials, NewSource: source.New, Now: time.Now,
		Shared: shared, Turns: turns.New(options.Concurrent, reserve),
		MaxTimeout: options.MaxTimeout, Asked: turns.NewAsked(options.MinInterval, time.Now), Selector: selector, Measures: measures,
	}
	if err := watch.SetupWithManager(manager, controllerOptions(options, watch.Turns.Workers())); err != nil {
		return fmt.Errorf("adding the watcher: %w", err)
	}
	if err := addFeedback(manager, credentials, own, options); err != nil {
		return fmt.Errorf("adding the feedback to requests: %w", err)
	}
	template, err := newTemplater(manager, accounts, measures, options)
	if err != nil {
		return err
	}
	template.Kinds, template.Report, template.Shard = apply.NewKinds(kinds, time.Now), reporter, newShard(own, selector, options, time.Now)
	template.Shard.Overlaps = func(set *v1.ResourceSet, other string) { reporter.Tell(set, report.Overlapped(other)) }
	if err := template.SetupWithManager(manager, controllerOptions(options, template.Turns.Workers())); err != nil {
		return fmt.Errorf("adding the templater: %w", err)
	}
	return nil
}

// newTemplater returns the templater, but for what it shares with the other controllers.
func newTemplater(manager ctrl.Manager, accounts *templater.Accounts, measures *report.Measures, options Options) (*templater.Reconciler, error) {
	configs, err := labels.Parse(options.WatchConfigs)
	if err != nil {
		return nil, fmt.Errorf("--watch-configs-label-selector: %w", err)
	}
	answers, err := newAnswers(options.ProbeNetworks, os.Getenv("KUBERNETES_SERVICE_HOST"), measures)
	if err != nil {
		return nil, fmt.Errorf("--probe-networks: %w", err)
	}
	return &templater.Reconciler{
		Answers: answers, Measures: measures,
		Client:                manager.GetClient(),
		Accounts:              accounts,
		DefaultServiceAccount: options.DefaultServiceAccount,
		RequeueDependency:     options.RequeueDependency,
		Concurrency:           options.ApplyConcurrency,
		Backoff:               templater.Backoff{Min: options.Retry.MinRetryDelay, Max: options.Retry.MaxRetryDelay},
		OverrideManagers:      options.OverrideManagers,
		Namespaces:            namespaces(options.WatchNamespaces),
		WatchConfigs:          configs,
		Now:                   time.Now,
		// What renders takes a processor, not only time: the reserve is small.
		Turns:    turns.New(options.Concurrent, options.Concurrent),
		Asked:    turns.NewAsked(options.MinInterval, time.Now),
		Throttle: throttle.New(max(1, goruntime.GOMAXPROCS(0)-1)),
	}, nil
}

// addFeedback adds the controller that tells requests. It follows Secrets by itself: what
// it reads, and whom that wakes, is not the watcher's.
func addFeedback(manager ctrl.Manager, credentials *credential.Reader, own client.Client, options Options) error {
	secrets, err := metadata.NewForConfigAndClient(manager.GetConfig(), manager.GetHTTPClient())
	if err != nil {
		return err
	}
	reader := *credentials
	reader.Watch = credential.NewWatch(secrets)
	selector, err := options.selector()
	if err != nil {
		return err
	}
	tell := &feedback.Reconciler{
		Selector: selector,
		Client:   manager.GetClient(), Direct: own, Credentials: &reader, Open: source.Repository, Now: time.Now, ID: options.FeedbackID,
	}
	return tell.SetupWithManager(manager, controllerOptions(options, options.Concurrent))
}

// newReporter writes down what runs come to.
func newReporter(manager ctrl.Manager, options Options) (*report.Reporter, error) {
	recorder, err := events.NewRecorder(manager, ctrl.Log, options.EventsAddr, name)
	if err != nil {
		return nil, fmt.Errorf("NOTIFICATION_CONTROLLER_ADDRESS: %w", err)
	}
	return &report.Reporter{
		Client: manager.GetClient(), Events: recorder, Jitter: report.Jitter(options.IntervalJitter, rand.Float64),
		Floor: options.MinInterval,
	}, nil
}

// newAnswers asks where the URLs of previews may lead, which the API server is not.
func newAnswers(words []string, apiServer string, measures *report.Measures) (*templater.Answers, error) {
	if address, err := netip.ParseAddr(apiServer); err == nil {
		words = append(slices.Clone(words), "!"+netip.PrefixFrom(address, address.BitLen()).String())
	}
	networks, err := transport.ParseNetworks(words)
	if err != nil {
		return nil, err
	}
	prober := probe.Prober{Networks: networks, AnyPort: slices.Contains(words, "loopback")}
	answers := templater.NewAnswers(prober)
	answers.Count = measures.Probed
	return answers, nil
}

// reserve is how many namespaces that have nothing at work may start a run
// beside the shared workers.
const reserve = 50

func controllerOptions(options Options, workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             runtimectrl.GetRateLimiter(options.Retry),
	}
}
