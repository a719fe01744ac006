package watcher

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// rules say which of the confirmed items are exported, and how. They are
// compiled once for each run; every one is a pure function of an item.
type rules struct {
	// labels that an item must have, as told to the forge.
	labels []string
	// filters: an item that one of them refuses is not an input.
	filters []filter
	// paths, of which a request must touch one.
	paths []string
	limit int
	// order of what is listed; nil for that of the source.
	order func([]source.Item) []source.Item
	// pause labels freeze an item; required ones must be there.
	pause, required []string
	// freezeMissing freezes an exported item that lost a required label.
	freezeMissing bool
}

// compileRules reads spec.filter and spec.skip. The error names the field.
func compileRules(provider *v1.ResourceSetInputProvider, now time.Time) (rules, error) {
	// The zero kind is a type that is not known, and refused when it is opened.
	kind, _ := source.TypeOf(provider.Spec.Type)
	r := rules{limit: limitOf(provider, kind)}
	if provider.GetLimit() > maxLimit {
		return r, fmt.Errorf("spec.filter.limit is %d, and must not exceed %d", provider.GetLimit(), maxLimit)
	}
	if spec := provider.Spec.Filter; spec != nil {
		if err := errors.Join(checkTold(provider.Spec.Type, spec), checkPaths(spec.Paths)); err != nil {
			return r, err
		}
		filters, err := compileFilters(spec, now)
		if err != nil {
			return r, err
		}
		r.labels, r.filters, r.paths = spec.Labels, filters, spec.Paths
	}
	var err error
	if r.order, err = compileOrder(provider); err != nil {
		return r, err
	}
	// Branches, tags and environments have no labels by nature, and may share
	// rules with requests.
	if skip := provider.Spec.Skip; skip != nil && len(skip.Labels) > 0 && kind.Watches == source.Request && !kind.Tells.Labels {
		return r, fmt.Errorf("spec.skip.labels: a provider of type %s cannot tell: remove it", provider.Spec.Type)
	}
	if skip := provider.Spec.Skip; skip != nil && kind.IsOfForge() {
		r.freezeMissing = skip.WhenMissing == v1.WhenMissingFreeze
		for _, label := range skip.Labels {
			if name, negated := strings.CutPrefix(label, "!"); negated {
				r.required = append(r.required, name)
			} else {
				r.pause = append(r.pause, label)
			}
		}
	}
	return r, nil
}

// limitOf returns how many items to export. What brings its own inputs is taken
// whole unless a limit is set.
func limitOf(provider *v1.ResourceSetInputProvider, kind source.Type) int {
	if kind.Watches == source.External && provider.Spec.Filter == nil {
		return maxLimit
	}
	return provider.GetLimit()
}

// maxLimit is the most that spec.filter.limit may be.
const maxLimit = 10000

// filter keeps the items that every filter lets pass.
func (r rules) filter(items []source.Item) []source.Item {
	return slices.DeleteFunc(slices.Clone(items), func(item source.Item) bool { return !r.match(item) })
}

// keep applies the order and the limit to what matches. It returns how many
// more wait.
func (r rules) keep(matching []source.Item, exported exportedInputs) (kept []source.Item, waiting int) {
	if r.order == nil {
		return limit(matching, exported, r.limit)
	}
	// What is ordered by worth has a best few, and no queue: the newest version
	// is to replace the one before it, not to wait for it.
	best := r.order(matching)
	return best[:min(len(best), r.limit)], 0
}

// settle says which of the items that match are exported, when all that is to
// be known of them is there.
func (r rules) settle(kept []source.Item, exported exportedInputs) findings {
	found := findings{items: r.admit(kept, exported)}
	found.identify(exported)
	return found
}

// admit applies the skip labels to what is kept.
func (r rules) admit(kept []source.Item, exported exportedInputs) []exportable {
	var out []exportable
	for _, item := range kept {
		if admitted, ok := r.gate(item, exported); ok {
			out = append(out, admitted)
		}
	}
	return out
}

func (r rules) match(item source.Item) bool { return r.refusedBy(item) == "" }

// refusedBy names the field of spec.filter that an item does not pass; "" when
// it passes all.
func (r rules) refusedBy(item source.Item) string {
	for _, filter := range r.filters {
		if !filter.lets(item) {
			return filter.field
		}
	}
	return ""
}

// gate decides what becomes of one item:
//
//	required label   pause label   commit    exported before   result
//	missing          any           any       no                not an input
//	missing          any           any       yes               not an input; frozen with whenMissing: Freeze
//	there            there         any       no                not an input
//	there            there         any       yes               frozen
//	there            absent        unknown   no                not an input yet
//	there            absent        unknown   yes               frozen
//	there            absent        known     any               exported as it is
//
// An item that cannot be an input as it is stays as it was exported, if it was
// and has the labels that it needs.
func (r rules) gate(item source.Item, exported exportedInputs) (exportable, bool) {
	last, before := exported[item.Key()]
	frozen := exportable{Item: item, frozen: last.values}
	switch {
	case !hasAll(item, r.required):
		return frozen, before && r.freezeMissing
	case item.Refused != nil:
		return frozen, before
	case hasAny(item, r.pause) || !item.IsComplete():
		return frozen, before
	default:
		return exportable{Item: item}, true
	}
}

// limit keeps at most n items, in their order: those that are exported
// already, then newcomers. It returns how many newcomers wait.
func limit(items []source.Item, exported exportedInputs, n int) (kept []source.Item, waiting int) {
	if len(items) <= n {
		return items, 0
	}
	free := n
	for _, item := range items {
		if _, running := exported[item.Key()]; running {
			free--
		}
	}
	for _, item := range items {
		_, running := exported[item.Key()]
		switch {
		case running && len(kept) < n:
			kept = append(kept, item)
		case !running && free > 0:
			kept = append(kept, item)
			free--
		default:
			waiting++
		}
	}
	return kept, waiting
}

func hasAll(item source.Item, labels []string) bool {
	return !slices.ContainsFunc(labels, func(label string) bool { return !item.HasLabel(label) })
}

func hasAny(item source.Item, labels []string) bool {
	return slices.ContainsFunc(labels, item.HasLabel)
}
