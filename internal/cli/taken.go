package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/internal/schema"
	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// bindFlux adds the flag that says which Flux a cluster runs.
func bindFlux(cmd *cobra.Command, into *[]string, otherwise string) {
	cmd.Flags().StringSliceVar(into, "flux-version", nil, "versions of Flux that the clusters run, such as 2.8, separated by commas ("+otherwise+")")
}

// fluxVersions are those that a flag names, as ones that are known.
func fluxVersions(given []string) ([]string, error) {
	var out []string
	for _, one := range given {
		version, err := schema.VersionOf(one)
		if err != nil {
			return nil, fmt.Errorf("--flux-version: %w", err)
		}
		out = append(out, version)
	}
	return out, nil
}

// runningFlux are the versions that files tell of: those given, and what flux bootstrap
// has written into the fleet.
func runningFlux(given []*unstructured.Unstructured, fleet string) []string {
	var out []string
	for _, object := range given {
		if version := schema.Runs(object); version != "" {
			out = append(out, version)
		}
	}
	walkFleet(fleet, func(folder *files.Folder, relative string) {
		if filepath.Base(relative) != "gotk-components.yaml" {
			return
		}
		text, err := folder.Read(relative)
		if found := bootstrapped.FindSubmatch(text); err == nil && found != nil {
			if version, err := schema.VersionOf(string(found[1])); err == nil {
				out = append(out, version)
			}
		}
	})
	return out
}

// bootstrapped is the version in what flux bootstrap writes.
var bootstrapped = regexp.MustCompile(`(?m)^# Flux Version: (\S+)`)

// taken tells what of a build no API server takes.
type taken struct {
	kinds *schema.Kinds
	// document is the ResourceSet.
	document *manifest.Document
	said     []said
	// again is how many inputs have a fault beside the first, by its key.
	again map[string]int
}

// said is a fault, and what makes it the same as that of another input.
type said struct{ key, text string }

func newTaken(kinds *schema.Kinds, document *manifest.Document) *taken {
	return &taken{kinds: kinds, document: document, again: map[string]int{}}
}

// stamped looks at an object that the ResourceSet stamps out. A fault is at the line of
// its template, and names the input that shows it.
func (t *taken) stamped(object plan.Object) {
	for _, fault := range t.kinds.Check(object.Unstructured) {
		at := schema.LocateStamped(t.document, object.Field, object.Unstructured, fault)
		shown := ""
		if object.Input != "" {
			shown = " (for " + object.Input + ")"
		}
		t.say(fmt.Sprintf("%s: %s", at, fault), fmt.Sprintf("%s: %s%s", at, schema.Refused(object.Unstructured, fault), shown))
	}
}

// deployed looks at what Flux deploys for a Kustomization.
func (t *taken) deployed(part simulate.Part) {
	for _, object := range part.Deployed {
		for _, fault := range t.kinds.Check(object) {
			text := fmt.Sprintf("%s from %s: %s", kustomizationName(part), part.Kustomization.Spec.Path, schema.Refused(object, fault))
			t.say(text, text)
		}
	}
}

// placed looks at where what Flux deploys is put.
func (t *taken) placed(part simulate.Part) {
	for _, said := range part.Unplaced() {
		text := fmt.Sprintf("%s from %s: %s", kustomizationName(part), part.Kustomization.Spec.Path, said)
		t.say(text, text)
	}
}

// say keeps a fault; one that several inputs show is told once.
func (t *taken) say(key, text string) {
	if n, known := t.again[key]; known {
		t.again[key] = n + 1
		return
	}
	t.again[key] = 0
	t.said = append(t.said, said{key, text})
}

// err joins what was found.
func (t *taken) err() error {
	var out []error
	for _, one := range t.said {
		text := one.text
		if more := t.again[one.key]; more > 0 {
			text = fmt.Sprintf("%s (and for %s)", text, counted(more, "more input"))
		}
		out = append(out, errors.New(text))
	}
	return errors.Join(out...)
}

// refused joins what no API server takes of a plan.
func refused(kinds *schema.Kinds, document *manifest.Document, wanted plan.Plan) error {
	out := newTaken(kinds, document)
	for _, object := range wanted.Objects() {
		out.stamped(object)
	}
	return out.err()
}

// refusedPreviews joins what no API server takes of all that a chain comes to.
func refusedPreviews(kinds *schema.Kinds, document *manifest.Document, result simulate.Result, known []*unstructured.Unstructured) error {
	out := newTaken(kinds, document)
	for _, part := range result.Parts {
		out.stamped(part.Stamped)
		out.deployed(part)
		out.placed(part)
	}
	for _, said := range result.Homeless(ownTexts(result), known) {
		out.say(said, said)
	}
	return out.err()
}

// ownTexts are texts that differ from request to request.
func ownTexts(result simulate.Result) []string {
	var out []string
	for _, preview := range result.Plan.Previews {
		if preview.Input.Provider.Kind != v1.ResourceSetInputProviderKind {
			continue // those that are written by hand stay
		}
		for _, key := range []string{"id", "sha", "branch", "slug"} {
			if text, ok := preview.Input.Values[key].(string); ok {
				out = append(out, text, render.Slugify(text))
			}
		}
	}
	return out
}

// pickNamed returns the one of several that a flag names.
func pickNamed(flag, wanted string, names []string) (int, error) {
	taken := slices.Clone(names)
	for n, name := range names {
		short := filepath.Base(name)
		if name == wanted || short == wanted {
			return n, nil
		}
		taken = append(taken, short)
	}
	return 0, fmt.Errorf("%s: there is no %q; there is %s%s", flag, wanted, listed(names), suggest.Hint(wanted, taken))
}
