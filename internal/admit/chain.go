// Package admit decides what becomes of each thing that a provider watches: there
// is one Verdict for each, and it says why.
//
//	chain, err := admit.Compile(provider, now)
//	verdicts := chain.Judge(items, admit.Known{Exported: exported})
//	// {Item: 7, Decision: Hold, Reason: LabelMissing, Message: `it lacks the label "ready" …`}
//
// A rule is a function of one item and of what is Known, a file a rule, and
// Compile lists them all in their order. The first one that has something against
// an item decides; against whom none has anything is exported.
//
//	list, confirm ──> Filter ──> Limit ──> Settle ──> export
//	                          files     details
//
// What a rule needs and the item does not tell is asked before, of no more items
// than necessary, and handed in: between the steps, by Decide.
//
// It promises that what is an input already is no worse off for what waits: it
// stays as it was. What takes it away is a filter, a label that it needs and lost,
// unless that is to freeze it, and more of its kind than the limit allows.
package admit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// A rule says what it has against an item; nil for nothing.
type rule func(item source.Item, known Known) *Verdict

// Chain holds the rules of a provider.
type Chain struct {
	// wanted are about what a listing tells.
	wanted []rule
	// places are about those who want a place, and limit is about all of them.
	places []rule
	limit  limit
	// settled are about who has a place.
	settled []rule

	// labels that a listing may be narrowed by, and those that an input needs.
	labels, ready []string
	// guests say whose commits need an approval.
	guests guests
	// paths, of which a request must touch one.
	paths []string
	// fresh is for how long an item is after its last update; 0 for ever.
	fresh time.Duration
}

// Compile reads spec.filter and spec.skip. The error names the field.
func Compile(provider *v1.ResourceSetInputProvider, now time.Time) (*Chain, error) {
	// The zero kind is a type that is not known, and refused when it is opened.
	kind, _ := source.TypeOf(provider.Spec.Type)
	filter := provider.Spec.Filter
	if filter == nil {
		filter = &v1.InputProviderFilter{}
	}
	if err := errors.Join(check(provider, filter), checkGate(provider, kind)); err != nil {
		return nil, err
	}
	names, targets, err := patterns(filter)
	if err != nil {
		return nil, err
	}
	versions, err := versionsOf(kind, filter)
	if err != nil {
		return nil, err
	}
	skip, err := skipOf(provider, kind)
	if err != nil {
		return nil, err
	}
	guests, err := guestsOf(provider, kind, skip)
	if err != nil {
		return nil, err
	}
	return &Chain{
		wanted: []rule{
			filterLabels(filter.Labels),         // has all the labels of spec.filter
			included(names.include, refName),    // a branch, tag or environment that is included
			excluded(names.exclude, refName),    // and is not excluded
			included(targets.include, targetOf), // into a branch that is included
			excluded(targets.exclude, targetOf), // and is not excluded
			drafts(filter.Drafts),               // a draft, where those are excluded
			forks(filter.Forks),                 // from a fork, where those are excluded
			guests.excluded,                     // so is it here
			authors(filter.Authors),             // by one of the authors
			updatedWithin(filter, now),          // touched not too long ago
		},
		places: []rule{
			touching(filter.Paths), // changes one of the files that matter
			storable,               // a newcomer that can be an input: others take no place
			guests.newcomer,        // and one that is approved of, where it has to be
		},
		limit: limit{most: limitOf(provider, kind), rank: rankOf(kind, versions)},
		settled: []rule{
			skip.required,          // has the labels that it needs
			guests.revoked,         // is approved of still, where it goes else
			unchangeable,           // can be an input as it is
			skip.paused,            // has no label that holds it
			computed(filter.Paths), // the forge has told what it changes
			complete,               // the forge has told its commit
			guests.approved,        // somebody who may has approved of its commit
			proved,                 // the evidence for it is there
		},
		labels: filter.Labels, ready: slices.Concat(filter.Labels, skip.needs),
		guests: guests, paths: filter.Paths, fresh: freshFor(filter),
	}, nil
}

// check refuses what no rule can make sense of.
func check(provider *v1.ResourceSetInputProvider, filter *v1.InputProviderFilter) error {
	if provider.GetLimit() > maxLimit {
		return fmt.Errorf("spec.filter.limit is %d, and must not exceed %d", provider.GetLimit(), maxLimit)
	}
	return errors.Join(checkTold(provider.Spec.Type, filter), checkPaths(filter.Paths))
}

// Query narrows a listing to what may pass.
func (c *Chain) Query() source.Query { return source.Query{Labels: c.labels} }

// ReadyLabels are the labels that a request must have to become an input.
func (c *Chain) ReadyLabels() []string {
	return slices.Compact(slices.Sorted(slices.Values(c.ready)))
}

// Judge returns a verdict on each item of which all is told that there is to know.
func (c *Chain) Judge(items []source.Item, known Known) []Verdict {
	wanted, refused := c.Filter(items)
	kept, over := c.Limit(wanted, known)
	return slices.Concat(c.Settle(kept, known), over, refused)
}

// Filter returns the items that are wanted, by what a listing tells of them, and
// the verdicts on the others.
func (c *Chain) Filter(items []source.Item) (wanted []source.Item, refused []Verdict) {
	return pass(c.wanted, items, Known{})
}

// Limit returns those of the wanted items that get a place, and the verdicts on
// the others.
func (c *Chain) Limit(wanted []source.Item, known Known) (kept []source.Item, stopped []Verdict) {
	wanted, stopped = pass(c.places, wanted, known)
	kept, over := c.limit.apply(wanted, known)
	return kept, append(stopped, over...)
}

// Settle returns the verdicts on items that have a place, when all is told that
// there is to know of them, in their order.
func (c *Chain) Settle(kept []source.Item, known Known) []Verdict {
	out := make([]Verdict, len(kept))
	for n, item := range kept {
		verdict := ask(c.settled, item, known)
		if verdict == nil {
			verdict = &Verdict{Decision: Export}
		}
		verdict.Item = item
		if stale := c.staleAt(item); verdict.Next.IsZero() || !stale.IsZero() && stale.Before(verdict.Next) {
			verdict.Next = stale
		}
		out[n] = *verdict
	}
	return out
}

// pass asks rules about each item.
func pass(rules []rule, items []source.Item, known Known) (passed []source.Item, stopped []Verdict) {
	for _, item := range items {
		if verdict := ask(rules, item, known); verdict == nil {
			passed = append(passed, item)
		} else {
			verdict.Item = item
			stopped = append(stopped, *verdict)
		}
	}
	return passed, stopped
}

// ask returns what the first rule says that has something against an item.
func ask(rules []rule, item source.Item, known Known) *Verdict {
	for _, rule := range rules {
		if verdict := rule(item, known); verdict != nil {
			return verdict
		}
	}
	return nil
}

// refuse is for what is not wanted, by a field of spec.filter.
func refuse(reason Reason, field, message string) *Verdict {
	return &Verdict{Decision: Refuse, Reason: reason, Field: "spec.filter." + field, Message: message}
}

// hold is for what is wanted, and no input.
func hold(reason Reason, format string, args ...any) *Verdict {
	return &Verdict{Decision: Hold, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// by names the field of the spec whose rule it is.
func (v *Verdict) by(field string) *Verdict {
	v.Field = field
	return v
}

// keeping makes it one for what has to wait: an input stays as it was.
func (v *Verdict) keeping(item source.Item, known Known) *Verdict {
	if known.Exported[item.Key()] {
		v.Decision = Keep
	}
	return v
}
