package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"

	"github.com/spf13/cobra"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/schema"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// buildPreview are the options of `eddy build preview`.
type buildPreview struct {
	Streams

	Filenames []string
	Namespace string
	Provider  string
	Path      string
	Output    string
	Flux      []string
	// Set is the name of the ResourceSet, where the files have several.
	Set string

	Request   request
	FromForge bool
	Fetch     bool
	TokenFile string
	// Token is that of the environment.
	Token string
	// Transport is what --fetch asks by; nil is one that goes where an address of a
	// stranger may lead.
	Transport http.RoundTripper
}

func newBuildPreviewCommand(streams Streams) *cobra.Command {
	o := &buildPreview{Streams: streams}
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Print all that a pull request deploys, before anything is pushed",
		Long: `Print everything that a pull request deploys, before anything is pushed.

The whole chain, without a cluster: the input that the provider exports for the
request, the objects that the ResourceSet stamps out for it, and for each Flux
Kustomization among them what Flux deploys: the overlay built by kustomize, with
postBuild substituted. ConfigMaps and Secrets that postBuild.substituteFrom names
are looked for among the files.

The request is one that you describe with --pr and --sha, labelled as ready unless
--labels says otherwise; or with --from-forge, one that is really open. The token
for the forge is read from --token-file, from $EDDY_TOKEN, or from the Secret that
the provider names, when it is among the files. It is never printed.

Nothing but the forge is asked, and no program is run: what an overlay takes in from
elsewhere is left out, and a warning names it. With --fetch it is fetched: files and git
repositories that everybody may read, by https alone, with no login and within bounds.

If anything cannot be built nothing is printed but the errors, and the exit code is 1.`,
		Example: `  # A pull request that could be, with the fleet repository in ../fleet
  eddy build preview -f provider.yaml -f resourceset.yaml --path ../fleet \
    --pr 1234 --sha 6dcb09b

  # One that is open, and only the names of what it deploys
  export EDDY_TOKEN=$(gh auth token)
  eddy build preview -f previews/ --path ../fleet --from-forge --pr 1234 -o name

  # What would a push change?
  diff <(eddy build preview -f previews/ --pr 7 --sha aaaa) \
    <(eddy build preview -f previews/ --pr 7 --sha bbbb)`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.bind(cmd)
	return cmd
}

func (o *buildPreview) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.Filenames, "filename", "f", nil, `file or folder with the ResourceSet, its providers and what they need; repeatable, "-" for standard input`)
	flags.StringVarP(&o.Namespace, "namespace", "n", "default", "namespace of objects that name none")
	flags.StringVar(&o.Set, "resourceset", "", "ResourceSet to build, where the files have several")
	bindFlux(cmd, &o.Flux, "default what the files tell, else "+schema.Newest)
	flags.StringVar(&o.Provider, "provider", "", "provider whose request it is, where the ResourceSet has several")
	flags.StringVar(&o.Path, "path", ".", "folder of the fleet repository, to which spec.path is relative")
	o.Output = "yaml"
	bindOutput(cmd, &o.Output, objectFormats()...)
	flags.StringVar(&o.Request.Number, "pr", "", "number of the pull request")
	flags.StringVar(&o.Request.SHA, "sha", "", "its head commit")
	flags.StringVar(&o.Request.Branch, "branch", "", "its branch")
	flags.StringVar(&o.Request.TargetBranch, "target-branch", "", "the branch that it is to be merged into")
	flags.StringVar(&o.Request.Title, "title", "", "its title")
	flags.StringVar(&o.Request.Author, "author", "", "its author")
	flags.StringSliceVar(&o.Request.Labels, "labels", nil, "its labels, separated by commas (default those that make it ready)")
	flags.BoolVar(&o.FromForge, "from-forge", false, "take the requests that are open at the forge; --pr picks one")
	flags.BoolVar(&o.Fetch, "fetch", false, "fetch what overlays take in by an address that begins with https://")
	flags.StringVar(&o.TokenFile, "token-file", "", "file with the token for the forge (default $EDDY_TOKEN)")
	_ = cmd.MarkFlagRequired("filename") // the flag is there
	o.Request.has, o.Request.changed = func(flag string) bool { return flags.Lookup(flag) != nil }, flags.Changed
	o.Token = os.Getenv("EDDY_TOKEN")
}

// run reads, asks, follows the chain, and prints.
func (o *buildPreview) run(ctx context.Context) error {
	print, err := printerFor(o.Output)
	if err != nil {
		return err
	}
	if err := checkFolder(o.Path); err != nil {
		return err
	}
	files, err := o.readObjects()
	if err != nil {
		return err
	}
	kinds, err := o.kinds(files)
	if err != nil {
		return err
	}
	set, document, err := files.set(kinds, o.Set)
	if err != nil {
		return err
	}
	providers, err := files.providersOf(set)
	if err != nil {
		return err
	}
	if err := o.export(ctx, providers, files); err != nil {
		return err
	}
	fleet := overlay.Open(o.Path)
	fleet.Remote = o.fetcher(o.Transport)
	chain := simulate.Chain{Set: set, Providers: providers, Fleet: fleet, Known: files.known}
	result, err := chain.Follow(ctx)
	if err != nil {
		return err
	}
	o.tellLeftOut(result)
	if err := errors.Join(o.failures(ctx, chain, result), refusedPreviews(kinds, document, result, files.known)); err != nil {
		return err
	}
	o.warn(result)
	return print(o.Out, everyObject(set, result))
}

// kinds are those of the Flux that the cluster runs.
func (o *buildPreview) kinds(files *objects) (*schema.Kinds, error) {
	versions, err := fluxVersions(o.Flux)
	if err == nil && len(versions) == 0 {
		versions = runningFlux(slices.Concat(files.known, files.instances), o.Path)
	}
	return schema.Open(versions...), err
}

// failures joins what went wrong anywhere in the chain.
func (o *buildPreview) failures(ctx context.Context, chain simulate.Chain, result simulate.Result) error {
	out := []error{failedPreviews(result.Plan)}
	for _, preview := range result.Plan.Previews {
		var missing error
		if preview.Err != nil {
			missing = o.Request.hint(preview.Err)
		}
		out = append(out, missing)
	}
	for _, part := range result.Parts {
		if part.Err != nil {
			out = append(out, o.explain(ctx, chain, part))
		}
	}
	err := errors.Join(out...)
	if err == nil && len(result.Parts) == 0 {
		err = errors.New("no objects were generated")
	}
	return err
}

// requestProviders returns the providers that watch a forge.
func requestProviders(providers []v1.ResourceSetInputProvider) []*v1.ResourceSetInputProvider {
	var out []*v1.ResourceSetInputProvider
	for i := range providers {
		if providers[i].Spec.Type != v1.InputProviderStatic {
			out = append(out, &providers[i])
		}
	}
	return out
}
