package operator

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/fluxcd/pkg/runtime/controller"
	"github.com/fluxcd/pkg/runtime/logger"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Options are the operator's settings.
type Options struct {
	MetricsAddr           string
	HealthAddr            string
	PprofAddr             string
	LeaderElection        bool
	LeaderElectionID      string
	Concurrent            int
	ApplyConcurrency      int
	OverrideManagers      []string
	RequeueDependency     time.Duration
	DefaultServiceAccount string
	WatchConfigs          string
	// DefaultIdentity is the account whose identity is used in clouds.
	DefaultIdentity string
	TokenCacheSize  int
	WatchNamespaces []string
	// WatchSelector picks the objects of the two kinds to work on; all when empty.
	WatchSelector string
	// ProviderNetworks are where providers may ask, as source.ParseNetworks reads them.
	ProviderNetworks []string
	// ProbeNetworks are where the URLs of previews may lead, as above.
	ProbeNetworks  []string
	IntervalJitter uint8
	// MinInterval is the shortest time between two runs that nobody asks for.
	MinInterval time.Duration
	// MaxTimeout bounds a run of a provider.
	MaxTimeout time.Duration

	// FeedbackID tells the comments of this cluster from those of others.
	FeedbackID string

	Log   logger.Options
	Retry controller.RateLimiterOptions

	// Namespace is where the operator runs and holds its lease.
	Namespace string
	// EventsAddr is where notification-controller listens; none when empty.
	EventsAddr string
}

// check refuses settings with which nothing would ever run.
func (o *Options) check() error {
	switch {
	case o.IntervalJitter >= 100:
		return fmt.Errorf("--interval-jitter-percentage=%d: give a number from 0 to 99", o.IntervalJitter)
	case o.Concurrent < 1:
		return fmt.Errorf("--concurrent=%d: give a number from 1 on", o.Concurrent)
	case o.ApplyConcurrency < 1:
		return fmt.Errorf("--apply-concurrency=%d: give a number from 1 on", o.ApplyConcurrency)
	case o.MinInterval < 0 || o.MinInterval > time.Hour:
		return fmt.Errorf("--min-interval=%s: give a time from 0 to 1h", o.MinInterval)
	case o.MaxTimeout < time.Second:
		return fmt.Errorf("--max-reconcile-timeout=%s: give a time of a second at least", o.MaxTimeout)
	case o.RequeueDependency <= 0:
		return fmt.Errorf("--requeue-dependency=%s: give a time above zero, such as 5s", o.RequeueDependency)
	default:
		return nil
	}
}

// lease is the name of the lease. Operators that share the objects by their labels need one
// each: those that name none have it from their selector, as Flux's controllers do.
func (o *Options) lease() string {
	if o.WatchSelector == "" || o.LeaderElectionID != name+"-operator" {
		return o.LeaderElectionID
	}
	return fmt.Sprintf("%s-%x", o.LeaderElectionID, sha256.Sum256([]byte(o.WatchSelector)))[:len(o.LeaderElectionID)+9]
}

// selector is that of the objects to work on; nil for all.
func (o *Options) selector() (labels.Selector, error) {
	if o.WatchSelector == "" {
		return nil, nil
	}
	selector, err := labels.Parse(o.WatchSelector)
	if err != nil {
		return nil, fmt.Errorf("--watch-label-selector: %w", err)
	}
	return selector, nil
}

// BindFlags adds a flag for each setting. Where Flux Operator reads a setting
// from the environment, its default comes from there.
func (o *Options) BindFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.MetricsAddr, "metrics-addr", ":8080", `address of the metrics endpoint; "0" turns it off`)
	flags.StringVar(&o.HealthAddr, "health-addr", ":8081", `address of the health endpoints /healthz and /readyz; "0" turns them off`)
	flags.StringVar(&o.PprofAddr, "pprof-addr", "", "address of Go's profiles under /debug/pprof/, such as 127.0.0.1:6060; none when empty")
	flags.BoolVar(&o.LeaderElection, "enable-leader-election", true, "let one replica work while the others stand by")
	flags.StringVar(&o.LeaderElectionID, "leader-election-id", name+"-operator", "name of the lease that the replicas share; operators for different namespaces need different ones")
	flags.IntVar(&o.Concurrent, "concurrent", 10, "how many objects of each kind are reconciled at once")
	flags.IntVar(&o.ApplyConcurrency, "apply-concurrency", 4, "how many objects of one ResourceSet are applied at once")
	flags.StringArrayVar(&o.OverrideManagers, "override-manager", splitList(os.Getenv("OVERRIDE_MANAGERS")),
		"field manager whose fields are taken over, beside those of kubectl, Helm, Flux and Flux Operator; may be repeated")
	flags.DurationVar(&o.RequeueDependency, "requeue-dependency", 5*time.Second, "time between two looks at a dependency that is not ready")
	flags.StringVar(&o.DefaultServiceAccount, "default-service-account", os.Getenv("DEFAULT_SERVICE_ACCOUNT"),
		"service account to impersonate for a ResourceSet that names none, and for a provider that reads ExternalArtifacts; the operator's own permissions when empty")
	flags.StringVar(&o.DefaultIdentity, "default-workload-identity-service-account", os.Getenv("DEFAULT_WORKLOAD_IDENTITY_SERVICE_ACCOUNT"),
		"service account whose identity is used in a cloud for a provider that names none; the operator's own when empty")
	flags.IntVar(&o.TokenCacheSize, "token-cache-max-size", 100, "how many tokens of GitHub Apps and clouds are kept; 0 keeps none")
	flags.StringSliceVar(&o.WatchNamespaces, "watch-namespaces", nil, "namespaces to work in, separated by commas; all when empty")
	flags.StringVar(&o.WatchSelector, "watch-label-selector", "",
		"labels of the ResourceSets and providers to work on, such as sharding.fluxcd.io/key=shard1, or !sharding.fluxcd.io/key for those without; all when empty")
	flags.StringSliceVar(&o.ProviderNetworks, "provider-networks", []string{"public", "private"},
		"where providers may ask, separated by commas: public, private, loopback, a range such as 10.1.0.0/16, or one that is left out such as !10.96.0.0/12")
	flags.StringSliceVar(&o.ProbeNetworks, "probe-networks", []string{"public", "private"},
		"where the URLs of previews may lead that are asked whether they answer, as in --provider-networks; with loopback, on any port")
	flags.StringVar(&o.WatchConfigs, "watch-configs-label-selector", v1.WatchLabel+"=Enabled",
		"labels of the ConfigMaps and Secrets whose changes wake the ResourceSets that take something from them; none when empty")
	flags.Uint8Var(&o.IntervalJitter, "interval-jitter-percentage", 5,
		"how much shorter or longer than its interval the time between two runs may be, in percent, below 100")
	flags.DurationVar(&o.MinInterval, "min-interval", 5*time.Second,
		"the shortest time between two runs of an object that nobody asks for, whatever its reconcileEvery says; who asks gets five at once and then one in this time")
	flags.DurationVar(&o.MaxTimeout, "max-reconcile-timeout", 10*time.Minute, "the longest that a run of a provider may take, whatever its reconcileTimeout says")
	flags.StringVar(&o.FeedbackID, "feedback-id", "",
		"what tells the comments of this cluster from those of others that tell the same requests; keep it when a cluster is replaced. By default, the account of the provider's namespace does")
	o.Log.BindFlags(flags)
	o.Retry.BindFlags(flags)
	o.Namespace = envOr("RUNTIME_NAMESPACE", "flux-system")
	o.EventsAddr = os.Getenv("NOTIFICATION_CONTROLLER_ADDRESS")
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// splitList reads a list that is separated by commas.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' })
}
