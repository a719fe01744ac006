package admit

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// skip are the rules of spec.skip: labels that an item needs, those that begin
// with "!", and labels that hold it.
type skip struct {
	needs, holds []string
	freezes      bool
}

// skipOf reads spec.skip. Branches, tags and environments have no labels by
// nature, and may share rules with requests.
func skipOf(provider *v1.ResourceSetInputProvider, kind source.Type) (skip, error) {
	spec := provider.Spec.Skip
	if spec != nil && len(spec.Labels) > 0 && kind.Watches == source.Request && !kind.Tells.Labels {
		return skip{}, fmt.Errorf("spec.skip.labels: a provider of type %s cannot tell: remove it", provider.Spec.Type)
	}
	if spec == nil || !kind.IsOfForge() {
		return skip{}, nil
	}
	out := skip{freezes: spec.WhenMissing == v1.WhenMissingFreeze}
	for _, label := range spec.Labels {
		if name, needed := strings.CutPrefix(label, "!"); needed {
			out.needs = append(out.needs, name)
		} else {
			out.holds = append(out.holds, label)
		}
	}
	return out, nil
}

// required holds what lacks a label that it needs. What was exported goes, unless
// whenMissing is Freeze.
func (s skip) required(item source.Item, known Known) *Verdict {
	label, lacks := lacking(item, s.needs)
	if !lacks {
		return nil
	}
	verdict := hold(LabelMissing, "it lacks the label %q that spec.skip.labels asks for", label)
	if s.freezes && known.Exported[item.Key()] {
		verdict.Decision = Keep
	}
	return verdict
}

// paused holds what has a label that says so.
func (s skip) paused(item source.Item, known Known) *Verdict {
	at := slices.IndexFunc(s.holds, item.HasLabel)
	if at < 0 {
		return nil
	}
	return hold(Paused, "the label %q of spec.skip.labels holds it", s.holds[at]).keeping(item, known)
}

// lacking returns the first of some labels that an item has not.
func lacking(item source.Item, labels []string) (label string, lacks bool) {
	at := slices.IndexFunc(labels, func(label string) bool { return !item.HasLabel(label) })
	if at < 0 {
		return "", false
	}
	return labels[at], true
}
