package admit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/few"
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
	verdict := hold(LabelMissing, "waits for the label %s (it has%s)", Named(label), inPlaceOf(label, item.Labels)).by(skipLabels)
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
	return hold(Paused, "is paused by the label %s", Named(s.holds[at])).by(skipLabels).keeping(item, known)
}

// skipLabels is the field of these rules.
const skipLabels = "spec.skip.labels"

// lacking returns the first of some labels that an item has not.
func lacking(item source.Item, labels []string) (label string, lacks bool) {
	at := slices.IndexFunc(labels, func(label string) bool { return !item.HasLabel(label) })
	if at < 0 {
		return "", false
	}
	return labels[at], true
}

// Bounds of the labels that a message repeats: so many, of so many letters each.
const (
	maxLabels      = 5
	maxLabelLength = 50
)

// inPlaceOf lists what labels an item has where one is missing.
func inPlaceOf(label string, has []string) string { return InPlaceOf(label, has, maxLabels) }

// InPlaceOf lists so many of the names that there are where one is missing, those first
// that are spelt almost like it: " none", or ": build/ready and 3 more".
func InPlaceOf(label string, has []string, most int) string {
	if len(has) == 0 {
		return " none"
	}
	has = slices.Clone(has)
	slices.SortStableFunc(has, func(a, b string) int { return unlike(a, label) - unlike(b, label) })
	return ": " + few.Each(has, most, ", ", Named)
}

// unlike orders labels: first what differs from the one that is wanted in case or
// in white space alone, then what begins like it.
func unlike(label, wanted string) int {
	const enough = 4
	switch label, wanted = strings.TrimSpace(label), strings.TrimSpace(wanted); {
	case strings.EqualFold(label, wanted):
		return 0
	case min(len(label), len(wanted)) >= enough && strings.EqualFold(label[:enough], wanted[:enough]):
		return 1
	default:
		return 2
	}
}

// plain is a label that is read as it is written.
var plain = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._/:+#-]*[\p{L}\p{N}]$|^[\p{L}\p{N}]$`)

// Named writes a label, or another name that strangers choose, into a message: as it is, or quoted where its ends could
// not be seen otherwise. What is longer than labels are is cut.
func Named(label string) string {
	if letters := []rune(label); len(letters) > maxLabelLength {
		label = string(letters[:maxLabelLength]) + "…"
	}
	if plain.MatchString(label) {
		return label
	}
	return strconv.Quote(label)
}
