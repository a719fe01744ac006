package cli

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/strvals"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/install"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// home is the namespace that Eddy is installed in unless told otherwise: that
// of Flux.
const home = "flux-system"

// newHomeCluster returns a cluster whose namespace is that of the operator.
func newHomeCluster(streams Streams) *cluster {
	c := newCluster(streams)
	*c.flags.Namespace = home
	return c
}

// bindHome adds the flags of a cluster to a command that is about the operator.
func (c *cluster) bindHome(cmd *cobra.Command) {
	c.bind(cmd)
	cmd.Flags().Lookup("namespace").Usage = "`name` of the namespace of the operator"
}

// installCommand are the options of `eddy install`.
type installCommand struct {
	Streams
	*cluster
	Image   string
	Set     []string
	Values  []string
	Export  bool
	Wait    bool
	Timeout time.Duration

	CreateNamespaces bool
}

// newInstallCommand returns `eddy install`.
func newInstallCommand(streams Streams) *cobra.Command {
	o := &installCommand{Streams: streams, cluster: newHomeCluster(streams)}
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install or upgrade the operator and its CustomResourceDefinitions",
		Long: `Install or upgrade the operator and its CustomResourceDefinitions.

What is installed is what the Helm chart makes of its values, applied by server-side
apply. It can be repeated: what is as it should be stays untouched, and what an earlier
installation had beyond it goes. An operator that Helm has installed is left to Helm,
and nothing is installed while a Flux Operator works on the same objects.`,
		Example: `  # Into the current cluster, with the account "previews" made in a namespace
  eddy install --set 'previews.namespaces={app-dev}' --create-namespaces

  # From a registry of one's own, with a file of values
  eddy install --image registry.example.com/eddy:v0.1.0 -f values.yaml

  # As manifests for a GitOps repository
  eddy install --export > eddy.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.bindHome(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.Image, "image", "", "image of the operator; that of this version when empty")
	flags.StringArrayVar(&o.Set, "set", nil, "value of the chart, as in operator.concurrent=20; may be repeated")
	flags.StringArrayVarP(&o.Values, "values", "f", nil, "file with values of the chart; - for standard input; may be repeated")
	flags.BoolVar(&o.Export, "export", false, "print the manifests and install nothing")
	flags.BoolVar(&o.CreateNamespaces, "create-namespaces", false, "make the namespaces that the values name and there are not")
	flags.BoolVar(&o.Wait, "wait", true, "wait until the operator is ready")
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Minute, "how long to wait at most")
	return cmd
}

func (o *installCommand) run(ctx context.Context) error {
	values, err := o.values()
	if err != nil {
		return err
	}
	namespace, err := o.namespace()
	if err != nil {
		return err
	}
	plan := install.Plan{Namespace: namespace, Values: values}
	if o.Export {
		return o.export(plan)
	}
	if plan.KubeVersion, err = o.version(); err != nil {
		return err
	}
	direct, err := o.connect()
	if err != nil {
		return err
	}
	o.progress().Asked("installing Eddy into namespace %s", namespace)
	installer := &install.Installer{Client: direct, Tell: o.note, CreateNamespaces: o.CreateNamespaces}
	objects, err := installer.Install(ctx, plan)
	if err != nil {
		return err
	}
	o.tellAccount(objects)
	if !o.Wait {
		return nil
	}
	o.progress().Waiting("waiting until the operator is ready")
	if err := installer.Wait(ctx, objects, o.Timeout); err != nil {
		return fmt.Errorf("the operator is installed, and not ready: %w; `eddy check` and `kubectl -n %s get pods,events` say why", err, namespace)
	}
	o.note("✔ Eddy is ready")
	return nil
}

// tellAccount says what sets meet that are applied as an account which nobody has
// made, and how to make it.
func (o *installCommand) tellAccount(objects []*unstructured.Unstructured) {
	account := install.DefaultAccount(objects)
	if account == "" || install.HasAccount(objects, account) {
		return
	}
	o.note("ResourceSets are applied as the account %q of their own namespace, and none was made. Where there is none they are refused, and say so. "+
		"To make it, with what previews need: `%s`", account, o.command("eddy install --set 'previews.namespaces={NAMESPACE}'"))
}

// export prints the manifests.
func (o *installCommand) export(plan install.Plan) error {
	objects, err := install.Render(plan)
	if err != nil {
		return err
	}
	for _, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(o.Out, "---\n%s", text); err != nil {
			return err
		}
	}
	return nil
}

// values are those of the files, then those of --set, then the image.
func (o *installCommand) values() (map[string]any, error) {
	out := map[string]any{}
	if isRelease.MatchString(buildVersion()) {
		out["image"] = map[string]any{"tag": buildVersion()}
	}
	for _, file := range o.Values {
		text, err := o.read(file)
		if err == nil {
			err = manifest.Bound(file, text)
		}
		if err != nil {
			return nil, err
		}
		read := map[string]any{}
		if err := yaml.Unmarshal(text, &read); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = loader.MergeMaps(out, read)
	}
	for _, value := range o.Set {
		if err := strvals.ParseInto(value, out); err != nil {
			return nil, fmt.Errorf("--set %s: %w", value, err)
		}
	}
	if o.Image == "" {
		return out, nil
	}
	image, err := imageValues(o.Image)
	if err != nil {
		return nil, err
	}
	return loader.MergeMaps(out, map[string]any{"image": image}), nil
}

// isRelease tells a version that has an image of its own.
var isRelease = regexp.MustCompile(`^v\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?$`)

// imageValues splits an image into the values of the chart.
func imageValues(image string) (map[string]any, error) {
	if _, err := name.ParseReference(image); err != nil {
		return nil, fmt.Errorf("--image: %w", err)
	}
	rest, digest, _ := strings.Cut(image, "@")
	repository, tag := rest, ""
	if colon := strings.LastIndex(rest, ":"); colon > strings.LastIndex(rest, "/") {
		repository, tag = rest[:colon], rest[colon+1:]
	}
	out := map[string]any{"repository": repository, "digest": digest}
	if tag != "" {
		out["tag"] = tag
	}
	return out, nil
}
