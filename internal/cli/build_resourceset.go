package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/schema"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// buildResourceSet are the options of `eddy build resourceset`.
type buildResourceSet struct {
	Streams

	Filename           string
	InputsFrom         string
	InputsFromProvider string
	Namespace          string
	Output             string
	Flux               []string
}

func newBuildResourceSetCommand(streams Streams) *cobra.Command {
	o := &buildResourceSet{Streams: streams}
	cmd := &cobra.Command{
		Use:     "resourceset",
		Aliases: []string{"rset"},
		Short:   "Print the objects that a ResourceSet stamps out",
		Long: `Print the objects that a ResourceSet stamps out, as the operator would apply them.

What an API server would refuse is an error, at the line of the template.

Where the ResourceSet takes its inputs from providers, give them with --inputs-from,
or give static providers with --inputs-from-provider. If an input cannot be rendered
nothing is printed, every such input is named, and the exit code is 1.`,
		Example: `  # With the inputs written down in the ResourceSet
  eddy build resourceset -f resourceset.yaml

  # With inputs of your own: a YAML list, which replaces spec.inputs
  eddy build resourceset -f resourceset.yaml --inputs-from inputs.yaml

  # With ResourceSetInputProviders of type Static
  eddy build resourceset -f resourceset.yaml \
    --inputs-from-provider providers.yaml

  # From standard input
  cat resourceset.yaml | eddy build rset -f - -i inputs.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.Filename, "filename", "f", "", `file with the ResourceSet; "-" for standard input`)
	flags.StringVarP(&o.InputsFrom, "inputs-from", "i", "", "file with a YAML list of inputs, which replaces spec.inputs")
	flags.StringVar(&o.InputsFromProvider, "inputs-from-provider", "", "file with ResourceSetInputProviders of type Static")
	flags.StringVarP(&o.Namespace, "namespace", "n", "default", "namespace of a ResourceSet that names none")
	bindFlux(cmd, &o.Flux, "default "+schema.Newest)
	o.Output = "yaml"
	bindOutput(cmd, &o.Output, objectFormats()...)
	_ = cmd.MarkFlagRequired("filename") // the flag is there
	return cmd
}

// run reads, renders and prints.
func (o *buildResourceSet) run(ctx context.Context) error {
	print, err := printerFor(o.Output)
	if err != nil {
		return err
	}
	versions, err := fluxVersions(o.Flux)
	if err != nil {
		return err
	}
	kinds := schema.Open(versions...)
	set, document, err := o.readSet(kinds)
	if err != nil {
		return err
	}
	inputs, err := o.inputs(kinds, set)
	if err != nil {
		return err
	}
	wanted, err := plan.Make(ctx, plan.Request{Set: set, Inputs: inputs.Sets})
	if err != nil {
		return err
	}
	if err := errors.Join(failedPreviews(wanted), refused(kinds, document, wanted)); err != nil {
		return err
	}
	if o.Output == "yaml" {
		return o.print(wanted)
	}
	var objects []tracedObject
	for _, object := range wanted.Objects() {
		objects = append(objects, tracedObject{Unstructured: object.Unstructured})
	}
	if len(objects) == 0 {
		return errors.New("no objects were generated")
	}
	return print(o.Out, objects)
}

// readSet reads the ResourceSet.
func (o *buildResourceSet) readSet(kinds *schema.Kinds) (*v1.ResourceSet, *manifest.Document, error) {
	documents, err := o.readDocuments(o.Filename)
	if err != nil {
		return nil, nil, err
	}
	if len(documents) != 1 {
		return nil, nil, fmt.Errorf("%s: found %s; expected one ResourceSet", o.Filename, counted(len(documents), "document"))
	}
	set := &v1.ResourceSet{}
	if err := decodeOurs(kinds, documents[0], v1.ResourceSetKind, set); err != nil {
		return nil, nil, err
	}
	if set.Namespace == "" {
		set.Namespace = o.Namespace
	}
	return set, documents[0], nil
}

// inputs returns the input sets: those that replace the set's own, and those of
// the static providers.
func (o *buildResourceSet) inputs(kinds *schema.Kinds, set *v1.ResourceSet) (plan.Inputs, error) {
	if len(set.Spec.InputsFrom) > 0 && o.InputsFrom == "" && o.InputsFromProvider == "" {
		return plan.Inputs{}, errors.New("the ResourceSet takes its inputs from providers: give them with --inputs-from or --inputs-from-provider")
	}
	if o.InputsFrom != "" {
		text, err := o.read(o.InputsFrom)
		if err != nil {
			return plan.Inputs{}, err
		}
		if err := checkList(o.InputsFrom, text); err != nil {
			return plan.Inputs{}, err
		}
		set.Spec.Inputs = nil
		if err := decodeStrict(o.InputsFrom, text, &set.Spec.Inputs); err != nil {
			return plan.Inputs{}, fmt.Errorf("%w; expected a list of inputs", err)
		}
	}
	providers, err := o.providers(kinds, set)
	if err != nil {
		return plan.Inputs{}, err
	}
	set.Spec.InputsFrom = nil // they are resolved; one that is not in the file is ignored
	return plan.Combine(set, providers)
}

// checkList refuses what is not a list of inputs, and shows one.
func checkList(name string, text []byte) error {
	if err := manifest.Bound(name, text); err != nil {
		return err
	}
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return nil //nolint:nilerr // it is told with its line where it is decoded
	}
	found := ""
	switch value := value.(type) {
	case []any:
		return nil
	case nil:
		found = "nothing"
	case map[string]any:
		found = "one map"
		if keys := slices.Sorted(maps.Keys(value)); len(keys) > 0 {
			found += " with the keys " + listed(keys)
		}
	default:
		found = "one value"
	}
	return fmt.Errorf("%s: found %s; expected a list of inputs, each of which begins with a dash, as in\n- id: \"1234\"\n  sha: 6dcb09b", name, found)
}

func failedPreviews(wanted plan.Plan) error {
	var failed []error
	for _, preview := range wanted.Previews {
		if preview.Err != nil {
			failed = append(failed, preview.Err)
		}
	}
	return errors.Join(failed...)
}

// print writes the objects as YAML documents, each step under its name.
func (o *buildResourceSet) print(wanted plan.Plan) error {
	count := 0
	for _, step := range wanted.Steps {
		if step.Name != "" && len(step.Objects) > 0 {
			if _, err := fmt.Fprintf(o.Out, "# step: %s\n", terminal.OneLine(step.Name)); err != nil {
				return err
			}
		}
		for _, object := range step.Objects {
			text, err := yaml.Marshal(object.Object)
			if err != nil {
				return fmt.Errorf("writing %s %q: %w", object.GetKind(), object.GetName(), err)
			}
			if _, err := fmt.Fprintf(o.Out, "---\n%s", text); err != nil {
				return err
			}
			count++
		}
	}
	if count == 0 {
		return errors.New("no objects were generated")
	}
	return nil
}
