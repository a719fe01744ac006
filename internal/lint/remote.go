package lint

import (
	"fmt"
	"path/filepath"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/overlay"
)

// leftOut is what an overlay takes in from elsewhere.
type leftOut struct {
	overlay.LeftOut
	service *Service
}

// leftOut lists what the overlay of a part takes in from elsewhere.
func (p part) leftOut() []leftOut {
	var out []leftOut
	for _, left := range p.LeftOut {
		out = append(out, leftOut{left, p.service})
	}
	return out
}

// remote finds what overlays take in from elsewhere. It is not fetched: the answer
// would depend on the day, and on what a stranger's change to the files asks for.
// Nothing that Flux deploys with it is checked.
func remote(left leftOut) *Finding {
	return &Finding{
		Position: left.where(),
		Message: fmt.Sprintf("%s names %q, which is not among the files: it is not fetched, and what Flux deploys for %s is not checked",
			left.Field, left.Shown(), left.service),
		Fix: "copy it into the repository; or leave it, and check what is deployed with it in the preview itself",
	}
}

// where returns the line that names something from elsewhere.
func (l leftOut) where() manifest.Position {
	name := filepath.Join(l.service.Fleet, l.File)
	l.service.fleets.mu.Lock()
	defer l.service.fleets.mu.Unlock()
	files := l.service.newSourceFiles()
	if files.folder == nil {
		return manifest.Position{File: name}
	}
	for _, document := range files.open(name) {
		var found *yamlv3.Node
		scalars(document.Root, nil, func(_ []string, node *yamlv3.Node) {
			if found == nil && strings.HasSuffix(node.Value, l.Entry) {
				found = node
			}
		})
		if found != nil {
			return document.Position(found)
		}
	}
	return manifest.Position{File: name}
}
