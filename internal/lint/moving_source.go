package lint

import (
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
)

// movingSource finds a source of the preview's own that follows a branch or a tag, while
// the gate, or an approval, is for a commit: what the next commit says is deployed before there is any
// evidence for it, and a preview that waits does not stay as it is.
func movingSource(p pair, after pushed) *Finding {
	s := p.a.part.service
	gated := slices.ContainsFunc(s.Providers, func(p Provider) bool {
		return p.Object.Spec.Gate != nil || p.Object.GetForks().Policy == v1.ForksApprove
	})
	if !gated || !flux.IsSource(p.a.GroupVersionKind().GroupKind()) {
		return nil
	}
	next := after[p.a.part.Stamped.Field]
	for _, fixed := range []string{"commit", "digest"} {
		if this := textAt(p.a.Object, "spec", "ref", fixed); this != "" && this != textAt(next, "spec", "ref", fixed) {
			return nil
		}
	}
	for _, moving := range []string{"branch", "name", "tag", "semver", "semverFilter"} {
		this := textAt(p.a.Object, "spec", "ref", moving)
		if this == "" || this == textAt(p.b.Object, "spec", "ref", moving) || this != textAt(next, "spec", "ref", moving) {
			continue
		}
		return &Finding{
			Position: p.a.where("spec", "ref", moving),
			Message:  fmt.Sprintf("the %s follows %s, and the gate is for one commit: what the next push says is deployed before it has passed", p.a.GetKind(), moving),
			Fix:      "let it stand at the commit that has passed: spec.ref.commit: << inputs.sha >>, or a tag or digest of that commit",
		}
	}
	return nil
}

// pushed are the stamped objects after a push, by their fields in the set.
type pushed map[string]map[string]any

func (s *Service) pushed() pushed {
	out := pushed{}
	for _, part := range s.Samples.Pushed.Parts {
		out[part.Stamped.Field] = part.Stamped.Object
	}
	return out
}
