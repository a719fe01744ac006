// Package evidence asks whether what a gate wants of a commit is there: the images
// that were built of it, and what CI says of it.
//
//	gate, err := evidence.Compile(provider)              // nil where there is no gate
//	known := gate.Ask(ctx, evidence.Question{...}, items)
//	// {item 7 at 6dc1f0: {Reason: WaitingForImage, Message: "waits for the image …", Next: …}}
//
// A commit is asked for until its evidence is there, often at first and then less
// so. What was proved is exported with the commit; so it is asked for once, and a
// restart, a registry that is down or an image that is purged takes nothing back.
//
// It promises that evidence is that of the very commit: of a tag that holds it, or
// of a label that names it, by a digest that the same answer told.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/render"
)

// shortSHA is how much of a commit is enough for a name.
const shortSHA = 12

// Gate is what a provider wants of each commit.
type Gate struct {
	spec   *v1.Gate
	images []image
	// forge is who is asked for checks.
	forge string
}

// image is one of them; field is its place in the spec.
type image struct {
	v1.GateImage
	field string
	tag   *render.Program
}

// Compile reads spec.gate; nil where it asks for nothing. The error names the field.
func Compile(provider *v1.ResourceSetInputProvider) (*Gate, error) {
	spec := provider.Spec.Gate
	if spec == nil || len(spec.Images)+len(spec.Checks) == 0 {
		return nil, nil //nolint:nilnil // no gate is no error
	}
	gate := &Gate{spec: spec}
	if at, err := url.Parse(provider.Spec.URL); err == nil { // it is refused elsewhere
		gate.forge = at.Host
	}
	for n, each := range spec.Images {
		field := fmt.Sprintf("spec.gate.images[%d]", n)
		program, err := compileTag(each.GetTag())
		if err != nil {
			return nil, fmt.Errorf("%s.tag: %w", field, err)
		}
		gate.images = append(gate.images, image{each, field, program})
	}
	return gate, nil
}

// tagField is where the object that a tag is rendered with has it.
var tagField = regexp.MustCompile(`(template: )?spec\.resources\[0\]\.data\.tag(:[0-9]+)*:? ?`)

// compileTag compiles the template of a tag as a ResourceSet has its templates.
func compileTag(text string) (*render.Program, error) {
	raw, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]string{"name": "tag"}, "data": map[string]string{"tag": text},
	})
	if err != nil {
		return nil, err
	}
	set := &v1.ResourceSet{}
	set.Namespace = "default"
	set.Spec.Resources = []*apiextensionsv1.JSON{{Raw: raw}}
	program, err := render.Compile(set)
	return program, inPlace(err)
}

// inPlace takes from an error where the template stands in its object.
func inPlace(err error) error {
	if err == nil {
		return nil
	}
	var parse *render.ParseError
	if errors.As(err, &parse) {
		err = parse.Err
	}
	var about *render.InputError
	if errors.As(err, &about) {
		err = about.Err
	}
	return errors.New(tagField.ReplaceAllString(err.Error(), ""))
}

// legalTag is what registries take.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
var legalTag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// tagOf renders the tag of an image for an item.
func (i image) tagOf(ctx context.Context, item forge.Item) (string, error) {
	values := map[string]any{}
	for _, field := range forge.Fields() {
		if value, told := field.Of(item); told {
			values[field.Name] = value
		}
	}
	values[admit.ShortSHAKey] = short(item.SHA)
	rendered, err := i.tag.Render(ctx, input.Set{Values: values})
	if err == nil {
		err = rendered.Err
	}
	if err != nil {
		return "", inPlace(err)
	}
	tag, _, err := unstructured.NestedString(rendered.Objects[0].Object, "data", "tag")
	if err == nil && !legalTag.MatchString(tag) {
		err = fmt.Errorf("%.140q is no valid tag", tag)
	}
	return tag, err
}

func short(sha string) string { return sha[:min(len(sha), shortSHA)] }

// wanted is what is asked of the image beyond its tag.
func (i image) wanted(again bool) registry.Wanted {
	return registry.Wanted{Platforms: i.Platforms, Revision: i.Revision == v1.RevisionLabel, Again: again}
}

// proof is what is exported of an image.
type proof struct {
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
	Ref        string `json:"ref"`
}

func (i image) proof(tag, digest string) proof {
	return proof{Repository: i.Repository, Tag: tag, Digest: digest, Ref: i.Repository + "@" + digest}
}

// proofs are what was proved of a commit.
type proofs struct {
	images map[string]proof
	checks []checkProof
}

// exported are proofs as an input set has them.
func (p proofs) exported(sha string) (v1.ResourceSetInput, error) {
	out := v1.ResourceSetInput{}
	values := map[string]any{admit.ShortSHAKey: short(sha)}
	if len(p.images) > 0 {
		values[admit.ImagesKey] = p.images
	}
	if len(p.checks) > 0 {
		values[admit.ChecksKey] = p.checks
	}
	for key, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		out[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	return out, nil
}

// MadeUp returns what would be exported of an item whose evidence is there, with
// digests that are those of no image; nothing where there is no gate.
func (g *Gate) MadeUp(ctx context.Context, item forge.Item) (v1.ResourceSetInput, error) {
	if g == nil {
		return nil, nil //nolint:nilnil // no gate is no error
	}
	made := proofs{images: map[string]proof{}, checks: g.madeUpChecks()}
	for _, each := range g.images {
		tag, err := each.tagOf(ctx, item)
		if err != nil {
			return nil, fmt.Errorf("%s.tag: %w", each.field, err)
		}
		made.images[each.Name] = each.proof(tag, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(tag))))
	}
	return made.exported(item.SHA)
}

// stored returns what was proved of an item before, where that is all that the gate
// asks for. That it was proved its short commit says, which spec.defaultValues cannot give.
func (g *Gate) stored(ctx context.Context, item forge.Item, before v1.ResourceSetInput) v1.ResourceSetInput {
	if before.Text("sha") != item.SHA || before.Text(admit.ShortSHAKey) != short(item.SHA) || !g.hasImages(ctx, item, before) || !g.hasChecks(before) {
		return nil
	}
	out := v1.ResourceSetInput{admit.ShortSHAKey: before[admit.ShortSHAKey]}
	if len(g.images) > 0 {
		out[admit.ImagesKey] = before[admit.ImagesKey]
	}
	if len(g.spec.Checks) > 0 {
		out[admit.ChecksKey] = before[admit.ChecksKey]
	}
	return out
}

// hasImages reports whether what was exported before proves the images that the gate
// wants, and no others.
func (g *Gate) hasImages(ctx context.Context, item forge.Item, before v1.ResourceSetInput) bool {
	if len(g.images) == 0 {
		return true
	}
	var known map[string]proof
	if raw := before[admit.ImagesKey]; raw == nil || json.Unmarshal(raw.Raw, &known) != nil || len(known) != len(g.images) {
		return false
	}
	for _, each := range g.images {
		tag, err := each.tagOf(ctx, item)
		was, is := known[each.Name]
		if err != nil || !is || was.Digest == "" || was != each.proof(tag, was.Digest) {
			return false
		}
	}
	return true
}
