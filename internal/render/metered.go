package render

import (
	"fmt"
	"math"
	"reflect"
	texttemplate "text/template"
)

// metered returns functions that count what they take, and refuse before they
// take too much. What they return is what they returned.
func (e *engine) metered(functions texttemplate.FuncMap) texttemplate.FuncMap {
	out := make(texttemplate.FuncMap, len(functions))
	for name, function := range functions {
		out[name] = e.meteredOne(reflect.ValueOf(function), costOf(name))
	}
	return out
}

// builtins are those of text/template that write text, to be counted like others.
func builtins() texttemplate.FuncMap {
	return texttemplate.FuncMap{
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": texttemplate.HTMLEscaper, "js": texttemplate.JSEscaper, "urlquery": texttemplate.URLQueryEscaper,
	}
}

// native are the rest of them, which write nothing.
func native() map[string]any {
	return map[string]any{
		"and": true, "or": true, "not": true, "len": true, "index": true, "call": true,
		"eq": true, "ne": true, "lt": true, "le": true, "gt": true, "ge": true,
	}
}

func (e *engine) meteredOne(function reflect.Value, of cost) any {
	is := function.Type()
	in := make([]reflect.Type, is.NumIn())
	for i := range in {
		in[i] = is.In(i)
	}
	failure := reflect.TypeFor[error]()
	signature := reflect.FuncOf(in, []reflect.Type{is.Out(0), failure}, is.IsVariadic())
	call := function.Call
	if is.IsVariadic() {
		call = function.CallSlice
	}
	return reflect.MakeFunc(signature, func(args []reflect.Value) []reflect.Value {
		if err := e.meter.before(of, args); err != nil {
			return []reflect.Value{reflect.Zero(is.Out(0)), reflect.ValueOf(&err).Elem()}
		}
		results := call(args)
		if len(results) == 2 && !results[1].IsNil() {
			return results
		}
		err := e.meter.after(results[0])
		return []reflect.Value{results[0], reflect.ValueOf(&err).Elem()}
	}).Interface()
}

// before counts a call that is about to be made.
func (m *meter) before(of cost, args []reflect.Value) error {
	if err := m.step(); err != nil {
		return err
	}
	reads := 0
	for _, arg := range args {
		if of.shallow {
			reads += lightly(arg) / itemWeight
			continue
		}
		weight, err := weigh(arg)
		if err != nil {
			return err
		}
		reads += weight
	}
	if of.factor > 0 {
		reads *= of.factor
	}
	if err := m.spend(work, reads); err != nil || of.check == nil {
		return err
	}
	return of.check(m, args)
}

// after counts what a call came to.
func (m *meter) after(result reflect.Value) error {
	weight := lightly(result)
	if weight > maxValue {
		return tooLarge()
	}
	return m.spend(work, weight)
}

// fits refuses a value of count parts of some size, before it is made.
func fits(count, each int) error {
	if count > 0 && each > 0 && count > maxValue/each {
		return tooLarge()
	}
	return nil
}

// span returns how many numbers there are from one to another.
func span(from, to, step int) int {
	if step == 0 || to == from || (step > 0) != (to > from) {
		return 0
	}
	n := math.Abs(float64(to)-float64(from))/math.Abs(float64(step)) + 1
	beyond := float64(to) + float64(step)
	if n > maxValue || beyond >= math.MaxInt64 || beyond <= math.MinInt64 {
		return maxValue + 1
	}
	return int(n)
}
