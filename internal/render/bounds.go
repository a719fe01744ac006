package render

import (
	"context"
	"fmt"

	"github.com/eddy-previews/eddy/internal/throttle"
)

// What one input set takes to render is bounded, and what all of a ResourceSet
// take together, so that no template can take the time or the memory of others.
// All but the context is counted, not timed: what passes a bound does so each
// time, and here as in the command line.
const (
	// maxValue is the most that a text, a list or a map may have, in bytes; an item
	// of a list counts 16, one of a map 64.
	maxValue = 1 << 20
	// maxDepth is how deep values, objects and calls of templates may nest.
	maxDepth = 100
	// maxSource and maxActions bound what is written in all templates of a
	// ResourceSet, in bytes and in actions.
	maxSource, maxActions = 2 << 20, 20_000
	// maxMessage bounds what an error of a template says, in bytes.
	maxMessage = 2 << 10
)

// expense is something that rendering takes.
type expense int

const (
	// steps are turns of loops and calls of templates and of functions.
	steps expense = iota
	// work is what functions read and write, in bytes; a costly one counts more.
	work
	// written is the text that templates render to, in bytes.
	written
	// filled is the text in the objects, in bytes.
	filled
	// nodes are the fields and items of the objects.
	nodes

	expenses
)

// bound is the most of an expense that one input set may take, and all of a
// ResourceSet together.
type bound struct {
	one, all int
	is       string
}

// boundOf returns the bound of an expense.
func boundOf(what expense) bound {
	return [expenses]bound{
		steps:   {50_000, 5_000_000, "steps (turns of a loop, calls of a function or a template)"},
		work:    {32 << 20, 1 << 30, "bytes read and written by functions"},
		written: {4 << 20, 256 << 20, "bytes of text"},
		filled:  {4 << 20, 64 << 20, "bytes in the objects"},
		nodes:   {100_000, 2_000_000, "fields and items in the objects"},
	}[what]
}

// boundError says which bound was passed.
type boundError struct{ message string }

func (e *boundError) Error() string { return e.message }

// exceeded says that there is more than a bound of something.
func exceeded(bound int, is, whose string) error {
	return &boundError{fmt.Sprintf("it takes more than %d %s, the bound for %s: ask for less", bound, is, whose)}
}

func tooLarge() error { return exceeded(maxValue, "bytes", "one value of a template") }

func tooDeep() error { return exceeded(maxDepth, "levels", "what is nested") }

// meter counts what the render of one input set takes.
type meter struct {
	ctx   context.Context //nolint:containedctx // the functions of a template are given none
	taken [expenses]int
	// all is what the input sets of the ResourceSet have taken together.
	all *[expenses]int
	// pass takes the run through the throttle.
	pass *throttle.Pass
	// depth of the calls of templates.
	depth int
}

// spend takes n of something, or says that there is not so much.
func (m *meter) spend(what expense, n int) error {
	bound := boundOf(what)
	if n > bound.one-m.taken[what] {
		return exceeded(bound.one, bound.is, "one input")
	}
	if n > bound.all-m.all[what] {
		return exceeded(bound.all, bound.is, "all inputs of a ResourceSet together")
	}
	m.pass.Spend(units(what, n))
	m.taken[what] += n
	m.all[what] += n
	return nil
}

// bytesPerUnit is how many bytes cost as much as a step.
const bytesPerUnit = 64

// units is what an expense costs at the throttle.
func units(what expense, n int) int {
	switch what {
	case steps, nodes:
		return n
	default:
		return n / bytesPerUnit
	}
}

// often is how many steps go by between two looks at the context.
const often = 64

// step is a turn of a loop, or a call.
func (m *meter) step() error {
	if m.taken[steps]%often == 0 && m.ctx.Err() != nil {
		return context.Cause(m.ctx)
	}
	return m.spend(steps, 1)
}

// enter is the beginning of a template.
func (m *meter) enter() error {
	if m.depth++; m.depth > maxDepth {
		return exceeded(maxDepth, "templates inside of each other", "one input")
	}
	return m.step()
}

// leave is its end.
func (m *meter) leave() { m.depth-- }
