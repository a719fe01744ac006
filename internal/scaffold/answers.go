package scaffold

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// Answers are what a set-up depends on. All are needed.
type Answers struct {
	// Forge is a folder of examples/: one of Forges.
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
	// Namespace of the previews.
	Namespace string
}

var (
	// label leaves room for the number, and for the suffixes of pods.
	label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$`)
	// folder is a path that means the same in YAML, in a shell and in a URL.
	folder = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*/?$`)
	// plainURL has nothing that would end a plain text in YAML.
	plainURL = regexp.MustCompile(`^[\w.~:/@%+-]+$`)
)

// check says which answers are wrong, by their flags.
func (a Answers) check() error {
	var out []error
	refuse := func(flag, value, expected string) {
		out = append(out, fmt.Errorf("--%s: %q is not %s", flag, value, expected))
	}
	forge, known := forges()[a.Forge]
	if !known {
		refuse("forge", a.Forge, "one of "+strings.Join(Forges(), ", ")+suggest.Hint(a.Forge, Forges()))
	}
	if !isRepository(a.URL) || a.Forge == "azure-devops" && !strings.Contains(a.URL, "/_git/") {
		expected := "the URL of a repository"
		if known {
			expected += " such as " + forge.url
		}
		refuse("url", a.URL, expected)
	}
	for _, text := range []struct{ flag, value string }{{"service", a.Service}, {"namespace", a.Namespace}} {
		if !label.MatchString(text.value) {
			refuse(text.flag, text.value, "a name of small letters, digits and -, at most 42")
		}
	}
	for _, path := range []struct{ flag, value string }{{"base", a.Base}, {"flux-path", a.FluxPath}} {
		if !folder.MatchString(path.value) || !filepath.IsLocal(path.value) {
			refuse(path.flag, path.value, "a folder below the fleet repository, of letters, digits, and . _ - /")
		}
	}
	if _, err := name.NewRepository(a.Image); err != nil || !strings.Contains(a.Image, "/") {
		refuse("image", a.Image, "REGISTRY/NAME without a tag")
	}
	if !strings.Contains(a.Domain, ".") || len(validation.IsDNS1123Subdomain(a.Domain)) > 0 {
		refuse("domain", a.Domain, "a domain such as preview.example.com")
	}
	return errors.Join(out...)
}

// isRepository reports whether a text is a URL with a host and a path.
func isRepository(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && plainURL.MatchString(text) && parsed.Host != "" && parsed.User == nil &&
		strings.Trim(parsed.Path, "/") != "" && (parsed.Scheme == "https" || parsed.Scheme == "http")
}

// registryOf is the host that an image is pushed to.
func registryOf(image string) string {
	repository, err := name.NewRepository(image)
	if err != nil {
		return "" // checked before
	}
	return repository.RegistryStr()
}
