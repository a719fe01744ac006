package lint

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/internal/schema"
)

// Options say what to read.
type Options struct {
	// Paths are files and folders; "-" is Stdin.
	Paths []string
	Stdin []byte
	// Fleet is the folder of the fleet repository, to which spec.path is
	// relative; "" looks for it.
	Fleet string
	// Flux are the versions of Flux that the clusters run, of schema.Versions; those
	// that the files tell of when there are none, and the newest where they do not.
	Flux []string
}

// Setup is everything that was read.
type Setup struct {
	// Documents of Kubernetes and kustomize, in the order of the files.
	Documents []*manifest.Document
	// Scripts are the other YAML files: CI, say.
	Scripts []*manifest.Document
	// Broken are the files that are not YAML, or not what they seem.
	Broken []error
	// Services are the ResourceSets and what comes of them.
	Services []*Service

	options Options
	folders []string
	texts   *library
	// templated are files that another tool makes manifests of.
	templated []string
	kinds     *schema.Kinds
	checking  sync.Mutex // held while kinds are asked
	// given are the objects of Documents, providers the watchers and kustomizations those
	// of Flux among them.
	given          []*unstructured.Unstructured
	providers      []Provider
	kustomizations []*manifest.Document
	// accounts and dependable are what all services come to, found once for all of them.
	accounts   func() allAccounts
	dependable func() []string
	// refused are the documents of our kinds that the API server would not take.
	refused map[*manifest.Document]bool
}

// Service is a ResourceSet: one service, as a rule.
type Service struct {
	*manifest.Document
	Set       *v1.ResourceSet
	Providers []Provider
	// Fleet is the folder of the fleet repository, "" when it is not known.
	Fleet string
	// Err is why nothing can be rendered.
	Err error
	// Samples are what comes of a few requests.
	Samples Samples

	setup   *Setup
	fleets  *fleets
	sources map[string]*sourceFiles
	// program are the templates, compiled once; nil where that cannot be done.
	program *render.Program
	// stand are values for variables that have none.
	stand map[string]string
}

// Provider is a watcher.
type Provider struct {
	*manifest.Document
	Object *v1.ResourceSetInputProvider

	setup *Setup
}

// Load reads the set-up. What is wrong in it is a finding; the error says that
// it cannot be read.
func Load(ctx context.Context, options Options) (*Setup, error) {
	s := &Setup{options: options, texts: newLibrary(), refused: map[*manifest.Document]bool{}}
	for _, path := range options.Paths {
		if err := s.read(path); err != nil {
			return nil, err
		}
	}
	if options.Fleet != "" {
		s.folders = append([]string{options.Fleet}, s.folders...)
	}
	s.kinds = schema.Open(s.runs()...)
	s.refuse()
	s.sort()
	for _, document := range s.Documents {
		if document.Is(v1.Group, v1.ResourceSetKind) {
			s.addService(document)
		}
	}
	s.sample(ctx)
	for _, provider := range s.providers {
		if err := provider.Decode(&v1.ResourceSetInputProvider{}); err != nil && !s.refused[provider.Document] {
			s.Broken = append(s.Broken, err)
		}
	}
	s.accounts, s.dependable = sync.OnceValue(s.allAccounts), sync.OnceValue(s.allDependable)
	return s, nil
}

// runs are the versions of Flux that the clusters run, as far as files tell.
func (s *Setup) runs() []string {
	if len(s.options.Flux) > 0 {
		return s.options.Flux
	}
	var out []string
	for _, document := range s.Documents {
		if version := schema.Runs(document.Object); version != "" {
			out = append(out, version)
		}
	}
	return out
}

func (s *Setup) addService(document *manifest.Document) {
	service := &Service{Document: document, Set: &v1.ResourceSet{}, setup: s, sources: map[string]*sourceFiles{}}
	if err := document.Decode(service.Set); err != nil && !s.refused[document] {
		s.Broken = append(s.Broken, err)
		return
	}
	service.Providers = s.providersOf(service)
	s.Services = append(s.Services, service)
}

// sample follows the made-up requests through each service.
func (s *Setup) sample(ctx context.Context) {
	sideBySide(s.Services, func(waiting <-chan int) {
		fleets := newFleets()
		for n := range waiting {
			service := s.Services[n]
			service.fleets = fleets
			service.sample(ctx)
			fleets.forget()
		}
	})
}

// sideBySide has several workers take one service after the other, by its place.
func sideBySide(services []*Service, work func(waiting <-chan int)) {
	waiting := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(services)) {
		workers.Go(func() { work(waiting) })
	}
	for n := range services {
		waiting <- n
	}
	close(waiting)
	workers.Wait()
}

// sort finds among the documents what each service asks for.
func (s *Setup) sort() {
	for _, document := range s.Documents {
		s.given = append(s.given, document.Object)
		if document.Is(v1.Group, v1.ResourceSetInputProviderKind) {
			s.providers = append(s.providers, Provider{document, providerOf(document), s})
		}
		if flux.IsKustomization(document.Object) {
			s.kustomizations = append(s.kustomizations, document)
		}
	}
}

// providersOf are those that a ResourceSet refers to. Where several have the
// same name, as in a folder with a set-up for each forge, the nearest counts.
func (s *Setup) providersOf(service *Service) []Provider {
	nearest := map[string]Provider{}
	var names []string
	for _, provider := range s.providers {
		name := provider.Object.Name
		if !service.Set.RefersTo(provider.Object) {
			continue
		}
		old, known := nearest[name]
		if !known {
			names = append(names, name)
		}
		if !known || !beside(old.File, service.File) && beside(provider.File, service.File) {
			nearest[name] = provider
		}
	}
	out := make([]Provider, 0, len(names))
	for _, name := range names {
		out = append(out, nearest[name])
	}
	return out
}

// beside reports whether two files are in the same folder.
func beside(a, b string) bool { return filepath.Dir(a) == filepath.Dir(b) }

// isBelow reports whether a file is in the folder of another, or below it.
func isBelow(file, other string) bool {
	relative, err := filepath.Rel(filepath.Dir(other), file)
	return err == nil && filepath.IsLocal(relative)
}

// asPositioned returns what is wrong as findings.
func asPositioned(err error) []Finding {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var out []Finding
		for _, cause := range joined.Unwrap() {
			out = append(out, asPositioned(cause)...)
		}
		return out
	}
	var known *manifest.Error
	if errors.As(err, &known) {
		fix := "correct it; the fields are those of `kubectl explain`"
		if known.Syntax {
			fix = "correct the YAML"
		}
		return []Finding{{Position: known.Position, Message: known.Message, Fix: fix}}
	}
	return []Finding{{Message: err.Error(), Fix: "correct it"}}
}

// providerOf reads a provider, as much of it as can be read.
func providerOf(document *manifest.Document) *v1.ResourceSetInputProvider {
	provider := &v1.ResourceSetInputProvider{}
	_ = document.Decode(provider) // what is wrong is among Broken
	return provider
}
