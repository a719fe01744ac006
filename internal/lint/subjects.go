package lint

import (
	"iter"
	"slices"

	"github.com/eddy-previews/eddy/internal/simulate"
)

// A rule says of one subject what is wrong with it: of an object, of what it is
// for two requests, of a container. What finds the subjects stands here, once.

// each checks one subject after the other. A rule says nil where nothing is wrong.
func each[In, S any](subjects func(In) iter.Seq[S], rule func(S) *Finding) func(In) []Finding {
	return func(in In) []Finding {
		var out []Finding
		for subject := range subjects(in) {
			if finding := rule(subject); finding != nil {
				out = append(out, *finding)
			}
		}
		return out
	}
}

// knowing is each for a rule that needs more than its subject: facts, which are found
// out once for a service.
func knowing[F, S any](facts func(*Service) F, subjects func(*Service) iter.Seq[S], rule func(S, F) *Finding) func(*Service) []Finding {
	return func(s *Service) []Finding {
		known := facts(s)
		return each(subjects, func(subject S) *Finding { return rule(subject, known) })(s)
	}
}

// all makes one check of several.
func all[In any](checks ...func(In) []Finding) func(In) []Finding {
	return func(in In) []Finding {
		var out []Finding
		for _, check := range checks {
			out = append(out, check(in)...)
		}
		return out
	}
}

// inServices checks each service, several at a time.
func inServices(checks ...func(*Service) []Finding) func(*Setup) []Finding {
	return func(s *Setup) []Finding {
		found := make([][]Finding, len(s.Services))
		sideBySide(s.Services, func(waiting <-chan int) {
			for n := range waiting {
				found[n] = all(checks...)(s.Services[n])
			}
		})
		return slices.Concat(found...)
	}
}

// within finds the subjects that others have in them.
func within[In, S, T any](subjects func(In) iter.Seq[S], inner func(S) []T) func(In) iter.Seq[T] {
	return func(in In) iter.Seq[T] {
		return func(yield func(T) bool) {
			for subject := range subjects(in) {
				for _, found := range inner(subject) {
					if !yield(found) {
						return
					}
				}
			}
		}
	}
}

// watchers are the providers that watch pull requests.
func watchers(s *Setup) iter.Seq[Provider] {
	return func(yield func(Provider) bool) {
		for _, provider := range s.providers {
			if isRequest(provider.Object) && !yield(provider) {
				return
			}
		}
	}
}

// stamped are the objects that the ResourceSet makes of the first request.
func stamped(s *Service) iter.Seq[part] { return s.parts(s.Samples.First) }

// services are the ResourceSets that were given.
func services(s *Setup) iter.Seq[*Service] { return slices.Values(s.Services) }

// stamped are the objects that stamped yields.
func (s *Service) stamped() []part { return slices.Collect(stamped(s)) }

// hostile are those that it makes of a request whose texts are YAML.
func hostile(s *Service) iter.Seq[part] { return s.parts(s.Samples.Hostile) }

// deployed are the objects that Kubernetes gets for the first request, in an order
// that is the same for all samples of a service.
func deployed(s *Service) iter.Seq[object] { return slices.Values(s.deployed(s.Samples.First)) }

// everything is what is stamped out and what is deployed for the first request.
func everything(s *Service) iter.Seq[object] {
	var out []object
	for part := range stamped(s) {
		if part.Kustomization != nil {
			out = append(out, part.object())
		}
	}
	return slices.Values(append(out, s.deployed(s.Samples.First)...))
}

// neighbours are what is deployed for two requests.
func neighbours(s *Service) iter.Seq[pair] { return s.pairs(s.Samples.Second) }

// allNeighbours are what is stamped out and what is deployed for two requests.
func allNeighbours(s *Service) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		for p := range s.stampedPairs(s.Samples.Second) {
			if p.a.part.Kustomization != nil && !yield(p) {
				return
			}
		}
		for p := range neighbours(s) {
			if !yield(p) {
				return
			}
		}
	}
}

// pushes are what is deployed before and after a push.
func pushes(s *Service) iter.Seq[pair] { return s.pairs(s.Samples.Pushed) }

// numeric are what is deployed for words and for what looks like a number.
func numeric(s *Service) iter.Seq[pair] { return s.pairs(s.Samples.Numeric) }

// stampedNeighbours are what is stamped out for two requests.
func stampedNeighbours(s *Service) iter.Seq[pair] { return s.stampedPairs(s.Samples.Second) }

// stampedPushes are what is stamped out before and after a push.
func stampedPushes(s *Service) iter.Seq[pair] { return s.stampedPairs(s.Samples.Pushed) }

// stampedNumeric are what is stamped out for words and for what looks like a number.
func stampedNumeric(s *Service) iter.Seq[pair] { return s.stampedPairs(s.Samples.Numeric) }

// parts are what is stamped out for a sample.
func (s *Service) parts(result simulate.Result) iter.Seq[part] {
	return func(yield func(part) bool) {
		for _, stamped := range result.Parts {
			if !yield(part{stamped, s}) {
				return
			}
		}
	}
}

// deployed lists what is deployed for a sample, beside the Kustomizations of Flux
// themselves.
func (s *Service) deployed(result simulate.Result) []object {
	var out []object
	for part := range s.parts(result) {
		if part.Kustomization == nil {
			out = append(out, part.object())
			continue
		}
		for _, built := range part.Deployed {
			out = append(out, object{built, part, part.sources()})
		}
	}
	return out
}

// pairs puts what is deployed for the first request and for another sample
// together; what is of one of them alone is left out.
func (s *Service) pairs(other simulate.Result) iter.Seq[pair] {
	first, second := s.deployed(s.Samples.First), s.deployed(other)
	return func(yield func(pair) bool) {
		for i := range min(len(first), len(second)) {
			if first[i].GroupVersionKind() == second[i].GroupVersionKind() && !yield(pair{first[i], second[i]}) {
				return
			}
		}
	}
}

// stampedPairs puts what is stamped out for both together.
func (s *Service) stampedPairs(other simulate.Result) iter.Seq[pair] {
	first, second := s.Samples.First.Parts, other.Parts
	return func(yield func(pair) bool) {
		for i := range min(len(first), len(second)) {
			if !yield(pair{part{first[i], s}.object(), part{second[i], s}.object()}) {
				return
			}
		}
	}
}
