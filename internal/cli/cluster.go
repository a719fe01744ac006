package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/operator"
	"github.com/eddy-previews/eddy/internal/trace"
)

// apiServer reads, writes and watches. No other file of this package makes a
// connection, or asks anything of one by itself.
type apiServer struct{ client.WithWatch }

// stored is any object of a cluster.
type stored = client.Object

// cluster is the cluster that a command talks to, chosen by the flags that
// kubectl has.
type cluster struct {
	flags *genericclioptions.ConfigFlags
	// verbosity is that of kubectl: from 6 on each request is told, on err.
	verbosity int
	err       io.Writer
	// given are the flags of the command.
	given *pflag.FlagSet
}

func newCluster(streams Streams) *cluster {
	timeout := "0"
	return &cluster{err: streams.Err, flags: &genericclioptions.ConfigFlags{
		Context: new(string), KubeConfig: new(string), Namespace: new(string),
		Impersonate: new(string), ImpersonateGroup: new([]string), Timeout: &timeout,
	}}
}

// clusterFlags are the flags of kubectl that say which cluster it is and how it is
// asked, in the words of a help.
func clusterFlags() map[string]string {
	return map[string]string{
		"context":         "`name` of the context of the kubeconfig; the current one when empty",
		"kubeconfig":      "kubeconfig `file` to read; $KUBECONFIG or ~/.kube/config when empty",
		"namespace":       "`name` of the namespace; that of the context when empty",
		"as":              "`user` to ask the cluster as",
		"as-group":        "`group` to ask the cluster as, with --as; may be repeated",
		"request-timeout": "how `long` an answer may take, such as 30s; any time when 0",
		"v":               "`level` of what is told: 6 for each request, 7 for its headers",
	}
}

// bind adds the flags of kubectl to a command.
func (c *cluster) bind(cmd *cobra.Command) {
	c.given = cmd.Flags()
	c.flags.AddFlags(c.given)
	c.given.IntVarP(&c.verbosity, "v", "v", 0, "")
	for name, words := range clusterFlags() {
		if flag := c.given.Lookup(name); flag != nil {
			flag.Usage = words
			flag.Annotations = map[string][]string{ofCluster: nil}
		}
	}
	_ = cmd.RegisterFlagCompletionFunc("context", c.completeContexts)     // the flag is there
	_ = cmd.RegisterFlagCompletionFunc("namespace", c.completeNamespaces) // the flag is there
}

// namespace is that of the flag, else that of the context.
func (c *cluster) namespace() (string, error) {
	if err := c.checkUser(); err != nil {
		return "", err
	}
	namespace, _, err := c.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// checkUser refuses groups of nobody.
func (c *cluster) checkUser() error {
	if *c.flags.Impersonate == "" && len(*c.flags.ImpersonateGroup) > 0 {
		return errors.New("--as-group goes with --as: name the user, too")
	}
	return nil
}

// noHost is where client-go looks when nothing is configured.
const noHost = "http://localhost:8080"

// config is how the cluster is reached.
func (c *cluster) config() (*rest.Config, error) {
	if err := c.checkUser(); err != nil {
		return nil, err
	}
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	if raw, err := c.flags.ToRawKubeConfigLoader().RawConfig(); err == nil && len(raw.Clusters) == 0 && config.Host == noHost {
		return nil, c.unconfigured()
	}
	config.QPS, config.Burst = 50, 300 // as kubectl
	config.UserAgent = "eddy/" + buildVersion()
	config.WarningHandler = rest.NoWarnings{}
	if c.verbosity > 0 {
		config.Wrap(func(way http.RoundTripper) http.RoundTripper { return telling(way, c.err, c.verbosity) })
	}
	config.Wrap(func(way http.RoundTripper) http.RoundTripper { return toCluster{way} })
	return config, nil
}

// unconfigured says that no cluster is configured, and of which files it would be
// read when $KUBECONFIG names some that are not there: client-go skips those.
func (c *cluster) unconfigured() error {
	access := c.flags.ToRawKubeConfigLoader().ConfigAccess()
	var missing []string
	for _, path := range access.GetLoadingPrecedence() {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, path)
		}
	}
	if os.Getenv(clientcmd.RecommendedConfigPathEnvVar) == "" || len(missing) == 0 {
		return errors.New("no cluster is configured: set KUBECONFIG, or give --kubeconfig")
	}
	return fmt.Errorf("no cluster is configured: $KUBECONFIG names %s, which does not exist: correct it, or give --kubeconfig", listed(missing))
}

// toCluster is the way to a cluster. What it does not reach is told from a forge,
// or the base of an overlay, that does not answer either.
type toCluster struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t toCluster) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	var dial *net.OpError
	if errors.As(err, &dial) {
		return nil, &unreachedError{host: req.URL.Scheme + "://" + req.URL.Host, err: dial}
	}
	return resp, err
}

// WrappedRoundTripper has client-go find what it can cancel, and not complain that it cannot.
func (t toCluster) WrappedRoundTripper() http.RoundTripper { return t.RoundTripper }

// unreachedError is a cluster that does not answer.
type unreachedError struct {
	host string
	err  error
}

// Error says where, and what to look at.
func (e *unreachedError) Error() string {
	return fmt.Sprintf("no cluster answers at %s: is it running, and is it the right --context? (%v)", e.host, e.err)
}

// Unwrap returns the cause.
func (e *unreachedError) Unwrap() error { return e.err }

// connect returns the API server, which is read and written directly.
func (c *cluster) connect() (apiServer, error) {
	config, err := c.config()
	if err != nil {
		return apiServer{}, err
	}
	scheme, err := operator.Scheme()
	if err != nil {
		return apiServer{}, err
	}
	out, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return apiServer{}, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	return apiServer{out}, nil
}

// discovery tells what the cluster serves.
func (c *cluster) discovery() (discovery.DiscoveryInterface, error) {
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	out, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	return out, nil
}

// version is that of the cluster.
func (c *cluster) version() (string, error) {
	asked, err := c.discovery()
	if err != nil {
		return "", err
	}
	info, err := asked.ServerVersion()
	if err != nil {
		return "", fmt.Errorf("asking the cluster for its version: %w", err)
	}
	return info.GitVersion, nil
}

// logs reads the logs of containers.
func (c *cluster) logs() (logReader, error) {
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, pod corev1.Pod, options *corev1.PodLogOptions) (io.ReadCloser, error) {
		return clients.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, options).Stream(ctx)
	}, nil
}

// logReader opens the log of one container of a pod.
type logReader func(context.Context, corev1.Pod, *corev1.PodLogOptions) (io.ReadCloser, error)

// reader reads what becomes of requests.
func (c *cluster) reader(streams Streams) (*trace.Reader, error) {
	server, err := c.connect()
	if err != nil {
		return nil, err
	}
	return &trace.Reader{Client: server, Selector: labels.Everything(), Warn: streams.warn, Now: streams.now}, nil
}

// find reads an object of ours.
func (s apiServer) find(ctx context.Context, kind, namespace, name string) (*unstructured.Unstructured, error) {
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
	return found, s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, found)
}

// findAny reads an object of any kind, in the version that the cluster prefers.
func (s apiServer) findAny(ctx context.Context, id object.Ref) (*unstructured.Unstructured, error) {
	mapping, err := s.RESTMapper().RESTMapping(id.GroupKind())
	if err != nil {
		return nil, err
	}
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(mapping.GroupVersionKind)
	return found, s.Get(ctx, client.ObjectKey{Namespace: id.Namespace, Name: id.Name}, found)
}

// all lists the objects of a kind in a namespace, or in all of them.
func (s apiServer) all(ctx context.Context, kind schema.GroupVersionKind, namespace string) ([]stored, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err := s.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	out := make([]stored, 0, len(list.Items))
	for i := range list.Items {
		out = append(out, &list.Items[i])
	}
	return out, nil
}

// whoami is who the cluster knows, else the user of this machine.
func (s apiServer) whoami(ctx context.Context) string {
	review := &authenticationv1.SelfSubjectReview{}
	if err := s.Create(ctx, review); err == nil && review.Status.UserInfo.Username != "" {
		return review.Status.UserInfo.Username
	}
	if local, err := user.Current(); err == nil {
		return strings.TrimSpace(local.Username)
	}
	return "unknown"
}

// missingContext returns the context of the kubeconfig that an error says is not
// there.
func missingContext(err error) (string, bool) {
	text := err.Error()
	return text[strings.LastIndex(text, " ")+1:], clientcmd.IsContextNotFound(err)
}
