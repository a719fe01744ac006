package lint

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/source"
)

// Samples are what a service makes of made-up requests.
type Samples struct {
	// First and Second are two requests.
	First, Second simulate.Result
	// Pushed is First after a push: nothing but its commit differs.
	Pushed simulate.Result
	// Numeric is First with texts that look like numbers and booleans.
	Numeric simulate.Result
	// Hostile is First with texts that are YAML; it is not built.
	Hostile simulate.Result
	// Usual are requests as people have them, as far as the provider lets them in and
	// their texts show in what is made.
	Usual []Usual
}

// The numbers have five digits: previews live to see them.
const (
	firstNumber  = "10001"
	secondNumber = "10002"
	numericText  = "12"
	firstText    = "change-" + firstNumber
	firstCommit  = "c0ffee1ac0ffee1ac0ffee1ac0ffee1ac0ffee1a"
	unsetText    = "zz0unset" // stands in for a variable without a value
	hostileText  = `{x: [#`   // in quotes it stays what it is
)

// sampleRequest is what a provider exports for a made-up request. Its text is that of its
// branch, its title and its author, where these are not said.
type sampleRequest struct{ id, sha, text, branch, title, author string }

// input are the values of every key that a forge exports.
func (r sampleRequest) input(ctx context.Context, provider *v1.ResourceSetInputProvider) v1.ResourceSetInput {
	values := map[string]any{}
	kind, _ := source.TypeOf(provider.Spec.Type) // what is not known tells of requests at most
	item := r.item(kind)
	for _, field := range forge.Fields() {
		if value, told := field.Of(item); told {
			values[field.Name] = value
		}
	}
	if kind.Watches != source.Request { // an artifact has these
		values["revision"], values["name"], values["namespace"] = r.text, "name-"+r.id, "default"
	}
	in := v1.ResourceSetInput{}
	for key, value := range values {
		raw, err := json.Marshal(value)
		if err == nil { // they are texts, booleans and a list
			in[key] = &apiextensionsv1.JSON{Raw: raw}
		}
	}
	if gate, err := evidence.Compile(provider); err == nil { // what is wrong with it a rule tells
		proved, _ := gate.MadeUp(ctx, item) // that no tag is made of a text that is none is no fault
		maps.Copy(in, proved)
	}
	maps.Copy(in, admit.AssumeApproved(provider, item))
	for key, value := range provider.Spec.DefaultValues {
		if _, known := in[key]; !known {
			in[key] = value
		}
	}
	return in
}

// item is the made-up request as a type tells it.
func (r sampleRequest) item(kind source.Type) source.Item {
	item := source.Item{
		ID: r.id, SHA: r.sha, Branch: cmp.Or(r.branch, r.text), Title: cmp.Or(r.title, r.text), Author: cmp.Or(r.author, r.text), TargetBranch: "main",
		URL: "https://forge.example.com/acme/api/pulls/" + r.id, Labels: []string{"preview"},
		UpdatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	if kind.Tells.Slug {
		item.Slug = cmp.Or(slugOf(r.branch), "branch-"+r.id)
	}
	if kind.Watches != source.Request {
		item.Tag, item.Digest = r.text, "sha256:"+r.sha
	}
	return item
}

// isRequest reports whether a provider watches pull requests.
func isRequest(provider *v1.ResourceSetInputProvider) bool {
	kind, err := source.TypeOf(provider.Spec.Type)
	return err == nil && kind.Watches == source.Request
}

// sample follows the made-up requests through the chain.
func (s *Service) sample(ctx context.Context) {
	commit := func(hex string) string { return strings.Repeat(hex, 5) }
	first := sampleRequest{id: firstNumber, sha: firstCommit, text: firstText}
	second := sampleRequest{id: secondNumber, sha: commit("decade2b"), text: "change-" + secondNumber}
	pushed, numeric, hostile := first, first, first
	pushed.sha = commit("facade3c")
	numeric.sha, numeric.text = "1e10", numericText
	hostile.text = hostileText

	s.program, _ = render.Compile(s.Set) // following says what is wrong
	if s.Samples.First, s.Err = s.follow(ctx, first); s.Err == nil {
		s.Err = s.followOwn(ctx)
	}
	if s.Err != nil {
		return
	}
	s.findFleet()
	s.stand = s.unset()
	if !s.hasPreviews() {
		s.Samples.First, s.Err = s.follow(ctx, first)
		return
	}
	for request, into := range map[sampleRequest]*simulate.Result{
		first: &s.Samples.First, second: &s.Samples.Second, pushed: &s.Samples.Pushed, numeric: &s.Samples.Numeric, hostile: &s.Samples.Hostile,
	} {
		*into, _ = s.follow(ctx, request) // what renders once, renders again
	}
	s.followUsual(ctx, first)
}

// hasPreviews reports whether the inputs come from something that is watched.
// Those that are written down make no previews, and there is nothing to compare.
func (s *Service) hasPreviews() bool {
	return slices.ContainsFunc(append(s.Providers, s.assumed()...), func(p Provider) bool {
		return p.Object.Spec.Type != v1.InputProviderStatic
	})
}

// follow returns what is stamped out for a request, and what Flux builds of it.
func (s *Service) follow(ctx context.Context, request sampleRequest) (simulate.Result, error) {
	if s.Fleet == "" || request.text == hostileText { // nobody looks at what is built of that
		return s.stamp(ctx, request, nil)
	}
	return s.stamp(ctx, request, s.fleets.repository(s.Fleet))
}

// stamp follows a request, and builds what there is a fleet for.
func (s *Service) stamp(ctx context.Context, request sampleRequest, fleet *overlay.Repository) (simulate.Result, error) {
	skip := func(ks *kustomizev1.Kustomization) bool { return s.beyond(ks) != "" }
	chain := simulate.Chain{Set: s.Set, Fleet: fleet, Skip: skip, Unset: s.stand, Program: s.program}
	for _, provider := range append(s.Providers, s.assumed()...) {
		exporting := provider.Object.DeepCopy()
		exporting.Status.ExportedInputs = []v1.ResourceSetInput{request.input(ctx, exporting)}
		if exporting.Spec.Type == v1.InputProviderStatic {
			in := maps.Clone(exporting.Spec.DefaultValues)
			if in == nil {
				in = v1.ResourceSetInput{}
			}
			in["id"] = &apiextensionsv1.JSON{Raw: []byte(`"1"`)}
			exporting.Status.ExportedInputs = []v1.ResourceSetInput{in}
		}
		chain.Providers = append(chain.Providers, *exporting)
	}
	chain.Known = s.setup.given
	result, err := chain.Follow(ctx)
	if err != nil {
		return result, err
	}
	forgetPartial(result)
	if request.text == hostileText {
		return result, nil
	}
	return result, s.failed(result)
}

// followOwn says what cannot be rendered of inputs that the set has of its own, beside
// those of providers, without which these are followed.
func (s *Service) followOwn(ctx context.Context) error {
	if len(s.Set.Spec.InputsFrom) == 0 || len(s.Set.Spec.Inputs) == 0 || s.Set.IsPermuted() {
		return nil
	}
	own := s.Set.DeepCopy()
	own.Spec.InputsFrom = nil
	result, err := simulate.Chain{Set: own, Program: s.program}.Follow(ctx)
	if err != nil {
		return err
	}
	return s.failed(result)
}

// failed is why one of the previews cannot be rendered, the first of them. What is made
// of inputs that are assumed may lack what these would have.
func (s *Service) failed(result simulate.Result) error {
	assumes := len(s.assumed()) > 0
	for _, preview := range result.Plan.Previews {
		if preview.Err != nil && (!assumes || s.isGiven(preview.Input.Provider)) {
			return preview.Err
		}
	}
	return nil
}

// isGiven reports whether inputs are those of something that is among the files.
func (s *Service) isGiven(from input.Provider) bool {
	return from.Kind == v1.ResourceSetKind || slices.ContainsFunc(s.Providers, func(p Provider) bool {
		return from.Kind == v1.ResourceSetInputProviderKind && from.Name == p.Object.Name
	})
}

// forgetPartial takes away what was built of overlays of which something was left
// out: what seems to be missing may be there.
func forgetPartial(result simulate.Result) {
	for i := range result.Parts {
		if part := &result.Parts[i]; len(part.LeftOut) > 0 {
			part.Deployed, part.Err = nil, nil
		}
	}
}

// missing are the references to providers that were not given.
func (s *Service) missing() []plan.Missing {
	var given []v1.ResourceSetInputProvider
	for _, provider := range s.Providers {
		given = append(given, *provider.Object)
	}
	providers, err := plan.ProvidersOf(s.Set, given)
	if err != nil {
		return nil // a selector that is none is refused at admission
	}
	return providers.Missing
}

// assumed stand in for providers that the set refers to and that were not given:
// what it stamps out can be checked all the same.
func (s *Service) assumed() []Provider {
	var out []Provider
	for _, missing := range s.missing() {
		provider := &v1.ResourceSetInputProvider{}
		provider.Name, provider.Namespace = missing.Name, s.Set.Namespace
		if !missing.IsNamed() {
			provider.Name = fmt.Sprintf("provider-%d", missing.Index+1)
		}
		out = append(out, Provider{Object: provider})
	}
	return out
}

// String names the service.
func (s *Service) String() string {
	return fmt.Sprintf("ResourceSet %s/%s", s.Set.Namespace, s.Set.Name)
}
