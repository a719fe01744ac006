package scaffold

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Answers are what a set-up depends on. All are needed, but for those that say
// what is done without them.
type Answers struct {
	// Forge is one of Forges.
	Forge string
	// URL of the repository whose requests are watched.
	URL string
	// Service is the name of the service.
	Service string
	// Root is the folder of the fleet repository.
	Root string
	// Base is the folder of the service's manifests, below Root.
	Base string
	// FluxPath is the folder that Flux deploys, below Root.
	FluxPath string
	// Image that CI builds, without a tag.
	Image string
	// Domain of the hosts: previews are at SERVICE-NUMBER.DOMAIN.
	Domain string
	// Namespace of the previews; "" for DefaultNamespace.
	Namespace string

	// Paths are globs: requests that touch none of them are no previews. Several may
	// stand in one, with commas between them. Without any, all requests are.
	Paths []string
	// Label that CI sets when the image is there; "" for build/image-ready, or where
	// another service has requests of the same repository, one of its own.
	Label string
	// Gate is what a request waits for, GateLabel or GateImage; "" for a label where the
	// forge has some.
	Gate string
	// Ingress says to write an Ingress for each preview where the base has nothing that
	// leads to the service.
	Ingress bool
	// Feedback says to tell each request what becomes of its preview.
	Feedback bool
	// BuildPath is the folder that the image is built from, in the repository of the
	// service; "" for the one that Paths begin with.
	BuildPath string
	// Dockerfile is that file, where it is not in BuildPath under this name. The image
	// is built from the root then, unless BuildPath says otherwise.
	Dockerfile string
}

// DefaultNamespace is that of the examples.
const DefaultNamespace = "app-dev"

var (
	// label leaves room for the number, and for the suffixes of pods.
	label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$`)
	// folder is a path that means the same in YAML, in a shell and in a URL.
	folder = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*/?$`)
	// plainURL has nothing that would end a plain text in YAML.
	plainURL = regexp.MustCompile(`^[\w.~:/@%+-]+$`)
	// plainGlob and plainLabel mean the same in YAML, in a shell and in what CI asks
	// its forge; GitHub takes no label that is longer.
	plainGlob  = regexp.MustCompile(`^[\w.@+*?{}\[\],/-]+$`)
	plainLabel = regexp.MustCompile(`^\w[\w./:-]{0,48}\w$`)
	// plainPath needs no quotes in YAML.
	plainPath = regexp.MustCompile(`^/[\w./~-]*$`)
)

// check says which answers are wrong as they stand, by their flags.
func (a Answers) check() error {
	var out []error
	for _, question := range a.questions(guesses{}) {
		if err := question.check(); err != nil {
			out = append(out, fmt.Errorf("--%s: %w", question.Flag, err))
		}
	}
	for _, glob := range a.globs() {
		if err := checkGlob(glob); err != nil {
			out = append(out, fmt.Errorf("--paths: %w", err))
		}
	}
	if err := a.checkGate(); err != nil {
		out = append(out, fmt.Errorf("--gate: %w", err))
	}
	if err := a.checkLabel(); err != nil {
		out = append(out, fmt.Errorf("--label: %w", err))
	}
	if !isBelow(a.BuildPath) {
		out = append(out, fmt.Errorf("--build-path: %q is not a folder below the repository of the service, of letters, digits, and . _ - /", a.BuildPath))
	}
	if !isBelow(a.Dockerfile) || strings.HasSuffix(a.Dockerfile, "/") {
		out = append(out, fmt.Errorf("--dockerfile: %q is not a file below the repository of the service, of letters, digits, and . _ - /", a.Dockerfile))
	}
	return errors.Join(out...)
}

// isBelow reports whether a path, where there is one, stays below the repository.
func isBelow(path string) bool {
	return path == "" || folder.MatchString(path) && filepath.IsLocal(path)
}

func (a *Answers) checkForge() error {
	_, err := forgeOf(a.Forge)
	return err
}

func (a *Answers) checkURL() error {
	if forge, err := forgeOf(a.Forge); err == nil {
		return forge.check(a.URL)
	}
	if !isRepository(a.URL) {
		return fmt.Errorf("%q is not the URL of a repository", a.URL)
	}
	return nil
}

func checkName(text string) error {
	if !label.MatchString(text) {
		return fmt.Errorf("%q is not a name of small letters, digits and -, at most 42", text)
	}
	return nil
}

func checkFolder(text string) error {
	if !folder.MatchString(text) || !filepath.IsLocal(text) {
		return fmt.Errorf("%q is not a folder below the fleet repository, of letters, digits, and . _ - /", text)
	}
	return nil
}

func (a *Answers) checkImage() error {
	if !isImage(a.Image) {
		return fmt.Errorf("%q is not REGISTRY/NAME without a tag", a.Image)
	}
	return nil
}

func isImage(text string) bool {
	_, err := name.NewRepository(text)
	return err == nil && strings.Contains(text, "/")
}

func (a *Answers) checkDomain() error {
	if !strings.Contains(a.Domain, ".") || len(validation.IsDNS1123Subdomain(a.Domain)) > 0 {
		return fmt.Errorf("%q is not a domain such as preview.example.com", a.Domain)
	}
	return nil
}

// globs are the paths, each by itself.
func (a Answers) globs() []string {
	var out []string
	for _, text := range a.Paths {
		depth, start := 0, 0
		for i, r := range text {
			switch {
			case r == '{':
				depth++
			case r == '}':
				depth--
			case r == ',' && depth == 0:
				out, start = append(out, strings.TrimSpace(text[start:i])), i+1
			}
		}
		out = append(out, strings.TrimSpace(text[start:]))
	}
	return out
}

// checkGlob says why a glob is none that the provider and CI both understand.
func checkGlob(glob string) error {
	switch {
	case strings.HasPrefix(glob, "/") || strings.HasPrefix(glob, "./") || strings.HasPrefix(glob, "../"):
		return fmt.Errorf("%q: write it from the root of the repository, as in services/api/**", glob)
	case !plainGlob.MatchString(glob) || !doublestar.ValidatePattern(glob):
		return fmt.Errorf("%q is not a glob such as services/api/** or **/*.go", glob)
	}
	return nil
}

func (a Answers) checkLabel() error {
	forge, err := forgeOf(a.Forge)
	switch {
	case a.Label == "":
		return nil
	case err == nil && !forge.hasLabels():
		return fmt.Errorf("requests of %s have no labels: leave it out, and pods wait for the image of their commit", forge.says)
	case !plainLabel.MatchString(a.Label):
		return fmt.Errorf("%q is not a label of letters, digits, and . _ - / :, at most 50", a.Label)
	}
	return nil
}

// registryOf is the host that an image is pushed to.
func registryOf(image string) string {
	repository, err := name.NewRepository(image)
	if err != nil {
		return "" // checked before
	}
	return repository.RegistryStr()
}
