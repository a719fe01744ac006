package expression

import (
	"regexp/syntax"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// meter charges for each step of an evaluation, and for what a single call does
// before it does it.
//
// CEL's own cost limit will not do: it counts a call as one step, after it is
// done, and a call that makes a text of many, compares two lists of lists, or
// runs a long regular expression over a long text takes all memory or a worker
// in one. And what it does to count grows with the square of a loop's turns.
//
// What a value weighs is what it has in it, each item as often as it is found:
// no value weighs more than the budget, as it was paid for when it was made.
type meter struct {
	*Budget
	adapter   types.Adapter
	functions map[string]*functions.Overload
}

// perUnit is how many bytes of text, or steps of a regular expression, one unit
// pays for: the API server's factor for going through a text.
const perUnit = 10

// bind finds the implementations of an environment's functions.
func (m *meter) bind(env *cel.Env) error {
	m.functions = map[string]*functions.Overload{}
	for _, function := range env.Functions() {
		bindings, err := function.Bindings()
		if err != nil {
			return err
		}
		for _, one := range bindings {
			m.functions[one.Operator] = one
		}
	}
	return nil
}

// decorate puts the meter into each node of a planned expression that makes or
// goes through values.
func (m *meter) decorate(node interpreter.Interpretable) (interpreter.Interpretable, error) {
	switch node := node.(type) {
	case interpreter.InterpretableAttribute:
		return &counted{InterpretableAttribute: node, meter: m}, nil
	case interpreter.InterpretableConstructor:
		return &weighed{InterpretableConstructor: node, meter: m}, nil
	case interpreter.InterpretableCall:
		if call := m.implementation(node); call != nil {
			return interpreter.NewCall(node.ID(), node.Function(), node.OverloadID(), node.Args(), call), nil
		}
	}
	return node, nil
}

// counted is a field or a variable that costs a unit when it is read. Each turn of
// a loop reads at least the variable that it gathers its result in.
type counted struct {
	interpreter.InterpretableAttribute
	meter *meter
}

// Eval reads the value.
func (c *counted) Eval(vars interpreter.Activation) ref.Val {
	c.meter.charge(1)
	return c.InterpretableAttribute.Eval(vars)
}

// weighed is a list or a map that is paid for when it is made.
type weighed struct {
	interpreter.InterpretableConstructor
	meter *meter
}

// Eval makes the value.
func (w *weighed) Eval(vars interpreter.Activation) ref.Val {
	value := w.InterpretableConstructor.Eval(vars)
	w.meter.weigh(value)
	return value
}

// implementation is what a call does, paid for; nil for one that is left alone.
func (m *meter) implementation(call interpreter.InterpretableCall) functions.FunctionOp {
	switch call.Function() {
	case operators.Equals:
		return m.paid(call.Function(), func(args ...ref.Val) ref.Val { return types.Equal(args[0], args[1]) })
	case operators.NotEquals:
		return m.paid(call.Function(), func(args ...ref.Val) ref.Val { return types.Bool(types.Equal(args[0], args[1]) != types.True) })
	}
	bound := m.functions[call.OverloadID()]
	if bound == nil {
		bound = m.functions[call.Function()]
	}
	if bound == nil || bound.NonStrict || len(call.Args()) == 0 { // what sees errors is the machinery of loops
		return nil
	}
	return m.paid(call.Function(), func(args ...ref.Val) ref.Val {
		switch {
		case bound.OperandTrait != 0 && !args[0].Type().HasTrait(bound.OperandTrait):
			return decls.MaybeNoSuchOverload(call.Function(), args...)
		case len(args) == 1 && bound.Unary != nil:
			return bound.Unary(args[0])
		case len(args) == 2 && bound.Binary != nil:
			return bound.Binary(args[0], args[1])
		case bound.Function != nil:
			return bound.Function(args...)
		default:
			return decls.MaybeNoSuchOverload(call.Function(), args...)
		}
	})
}

// paid charges for a call, and makes it.
func (m *meter) paid(function string, call functions.FunctionOp) functions.FunctionOp {
	return func(args ...ref.Val) ref.Val {
		switch function {
		case operators.Add:
			if joined := m.join(args); joined != nil {
				return joined
			}
			m.chargeTexts(args)
		case overloads.Matches:
			m.chargeRegexp(args)
		case "format":
			m.chargeFormat(args)
		case "replace", "split", "join", "indexOf", "lastIndexOf", "sets.contains", "sets.equivalent", "sets.intersects":
			m.chargeProduct(args)
		case operators.Equals, operators.NotEquals, operators.In:
			for _, arg := range args {
				m.weigh(arg)
			}
		default:
			m.chargeTexts(args)
		}
		return call(args...)
	}
}

// join adds two lists into a new one. CEL would keep the two and ask both for
// everything, so that a list that is doubled forty times is never counted.
func (m *meter) join(args []ref.Val) ref.Val {
	left, isList := args[0].(traits.Lister)
	right, alsoList := args[1].(traits.Lister)
	if _, grows := args[0].(traits.MutableLister); grows || !isList || !alsoList {
		return nil // a loop adds to its own list, what it adds was paid for
	}
	m.weigh(left)
	m.weigh(right)
	var items []ref.Val
	for _, list := range []traits.Lister{left, right} {
		for it := list.Iterator(); it.HasNext() == types.True; {
			items = append(items, it.Next())
		}
	}
	return types.NewRefValList(m.adapter, items)
}

// chargeTexts charges for going once through each text.
func (m *meter) chargeTexts(args []ref.Val) {
	for _, arg := range args {
		m.charge(1 + textLength(arg)/perUnit)
	}
}

// chargeProduct charges for going through each argument as often as the others
// have parts, which is also the most that can come of it.
func (m *meter) chargeProduct(args []ref.Val) {
	product := int64(1)
	for _, arg := range args {
		product *= max(m.weigh(arg), textLength(arg), 1)
		m.charge(product / perUnit)
	}
}

// chargeRegexp charges for a text times the steps of a regular expression, which
// a repetition makes many more than it has characters.
func (m *meter) chargeRegexp(args []ref.Val) {
	m.chargeTexts(args)
	pattern, ok := args[1].(types.String)
	if !ok {
		return
	}
	m.charge(int64(len(pattern)))
	parsed, err := syntax.Parse(string(pattern), syntax.Perl)
	if err != nil {
		return // the call says so
	}
	steps := stepsOf(parsed)
	m.charge(steps * perStep)
	m.charge(steps * textLength(args[0]) / perUnit)
}

// perStep is what a step of a regular expression costs to compile.
const perStep = 10

// stepsOf is how many steps a regular expression has once what it repeats is
// written out.
func stepsOf(expression *syntax.Regexp) int64 {
	steps := int64(1 + len(expression.Rune))
	for _, sub := range expression.Sub {
		steps += stepsOf(sub)
	}
	if expression.Op == syntax.OpRepeat {
		steps *= int64(max(expression.Min+1, expression.Max))
	}
	return steps
}

// maxPrecision is how many digits a format may ask for.
const maxPrecision = 3

// chargeFormat charges for a text and each value in it, and for nothing that a
// precision would add: one of more than three digits is beyond all means.
func (m *meter) chargeFormat(args []ref.Val) {
	m.chargeProduct(args)
	text, _ := args[0].(types.String)
	for _, clause := range strings.Split(string(text), "%.")[1:] {
		if digits := len(clause) - len(strings.TrimLeft(clause, "0123456789")); digits > maxPrecision {
			m.charge(m.left + 1)
		}
	}
}

// weigh charges for a value and all that is in it, and returns what it charged.
func (m *meter) weigh(value ref.Val) int64 {
	before := m.left
	m.charge(1 + textLength(value)/perUnit)
	switch value := value.(type) {
	case *types.Optional:
		if value.HasValue() {
			m.weigh(value.GetValue())
		}
	case traits.Lister:
		for it := value.Iterator(); it.HasNext() == types.True; {
			m.weigh(it.Next())
		}
	case traits.Mapper:
		for it := value.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			m.weigh(key)
			m.weigh(value.Get(key))
		}
	}
	return before - m.left
}

// textLength is the number of bytes of a text; 0 of anything else.
func textLength(value ref.Val) int64 {
	switch value := value.(type) {
	case types.String:
		return int64(len(value))
	case types.Bytes:
		return int64(len(value))
	default:
		return 0
	}
}

// charge takes units from the budget. What goes beyond it ends the evaluation,
// in the way in which CEL's own limit does: an error as a value could be
// swallowed by || and the expression would go on.
func (m *meter) charge(units int64) {
	if m.left -= units; m.left < 0 || units < 0 {
		m.left = -1
		panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "the budget is used up"})
	}
	m.pass.Spend(int(units))
}
