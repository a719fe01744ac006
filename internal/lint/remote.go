package lint

import (
	"fmt"
	"path/filepath"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/overlay"
)

// remote finds what overlays take in from elsewhere. It is not fetched: the answer
// would depend on the day, and on what a stranger's change to the files asks for.
// Nothing that Flux deploys with it is checked.
func remote(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, part := range service.Samples.First.Parts {
			for _, left := range part.LeftOut {
				out = append(out, Finding{
					Position: service.whereLeftOut(left),
					Message: fmt.Sprintf("%s names %q, which is not among the files: it is not fetched, and what Flux deploys for %s is not checked",
						left.Field, left.Shown(), service),
					Fix: "copy it into the repository; or leave it, and check what is deployed with it in the preview itself",
				})
			}
		}
	}
	return out
}

// whereLeftOut returns the line that names something from elsewhere.
func (s *Service) whereLeftOut(left overlay.LeftOut) manifest.Position {
	name := filepath.Join(s.Fleet, left.File)
	if l := (&layer{setup: s.setup, fleet: s.Fleet, folder: s.setup.folder(s.Fleet)}); l.folder != nil {
		for _, document := range l.open(name) {
			var found *yamlv3.Node
			scalars(document.Root, nil, func(_ []string, node *yamlv3.Node) {
				if found == nil && strings.HasSuffix(node.Value, left.Entry) {
					found = node
				}
			})
			if found != nil {
				return document.Position(found)
			}
		}
	}
	return manifest.Position{File: name}
}
