package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/operator"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/trace"
)

// cluster is the cluster that a command talks to, chosen by the flags that
// kubectl has.
type cluster struct {
	flags *genericclioptions.ConfigFlags
}

func newCluster() *cluster {
	return &cluster{flags: &genericclioptions.ConfigFlags{Context: new(string), KubeConfig: new(string), Namespace: new(string)}}
}

// bind adds --context, --kubeconfig and --namespace to a command.
func (c *cluster) bind(cmd *cobra.Command) {
	c.flags.AddFlags(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("context", c.completeContexts)     // the flag is there
	_ = cmd.RegisterFlagCompletionFunc("namespace", c.completeNamespaces) // the flag is there
}

// namespace is that of the flag, else that of the context.
func (c *cluster) namespace() (string, error) {
	namespace, _, err := c.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// noHost is where client-go looks when nothing is configured.
const noHost = "http://localhost:8080"

// config is how the cluster is reached.
func (c *cluster) config() (*rest.Config, error) {
	config, err := c.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	if raw, err := c.flags.ToRawKubeConfigLoader().RawConfig(); err == nil && len(raw.Clusters) == 0 && config.Host == noHost {
		return nil, errors.New("no cluster is configured: set KUBECONFIG, or give --kubeconfig")
	}
	config.QPS, config.Burst = 50, 300 // as kubectl
	config.UserAgent = "eddy/" + buildVersion()
	config.WarningHandler = rest.NoWarnings{}
	return config, nil
}

// client returns a client that reads and writes directly.
func (c *cluster) client() (client.WithWatch, error) {
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	scheme, err := operator.Scheme()
	if err != nil {
		return nil, err
	}
	out, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	return out, nil
}

// kinds tells what the cluster serves.
func (c *cluster) kinds() (*apply.Kinds, error) {
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	server, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	return apply.NewKinds(server), nil
}

// reader reads chains.
func (c *cluster) reader(streams Streams) (*trace.Reader, error) {
	direct, err := c.client()
	if err != nil {
		return nil, err
	}
	return &trace.Reader{Client: direct, Selector: labels.Everything(), Warn: streams.warn}, nil
}

// warn says on standard error what a person should know, and no script.
func (s Streams) warn(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Err, "Warning: %s\n", terminal.OneLine(fmt.Sprintf(format, args...))) // nobody is there to be told
}

// note says on standard error how things go.
func (s Streams) note(format string, args ...any) {
	_, _ = fmt.Fprintln(s.Err, terminal.Visible(fmt.Sprintf(format, args...))) // nobody is there to be told
}
