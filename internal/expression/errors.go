package expression

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/interpreter"
)

// errTooCostly is what an expression ends with that has used up its budget.
var errTooCostly = fmt.Errorf("the expression costs more than %d units, the bound of the Kubernetes API server, which all expressions of a set have together: make it simpler", MaxCost)

// failures tell by the beginning of CEL's words what kind of failure it is. What
// comes after it may be a value, and is not repeated.
var failures = []struct{ begins, means string }{
	{"no such key", "a key that it asks for is not there"},
	{"no such attribute", "a field that it asks for is not there"},
	{"no such overload", "a value is not of the type that it is used as"},
	{"unsupported", "a value is not of the type that it is used as"},
	{"type conversion error", "a value cannot be converted to the type that it is to have"},
	{"strconv.", "a value cannot be converted to the type that it is to have"},
	{"parsing time", "a value is no time"},
	{"time:", "a value is no duration"},
	{"illegal base64", "a value is not base64"},
	{"division by zero", "it divides by zero"},
	{"modulus by zero", "it divides by zero"},
	{"index", "it asks for an item that the list does not have"},
	{"error parsing regexp", "a regular expression is not valid"},
	{"integer overflow", "a number is too large"},
	{"unsigned integer overflow", "a number is too large"},
}

// explain says what kind of failure an error is, without the values in it. A
// key that is missing is named when the text of the expression names it.
func (e *Expression) explain(ctx context.Context, err error) error {
	var cancelled interpreter.EvalCancelledError
	switch {
	case errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded:
		return errTooCostly
	case ctx.Err() != nil:
		return fmt.Errorf("evaluating it took too long: %w", context.Cause(ctx))
	}
	text := err.Error()
	if key, ok := strings.CutPrefix(text, "no such key: "); ok && e.fields[key] {
		return fmt.Errorf("no such key: %s: the object has no such field yet; has(...) asks whether it is there", key)
	}
	for _, failure := range failures {
		if strings.HasPrefix(text, failure.begins) {
			return errors.New(failure.means)
		}
	}
	return errors.New("it cannot be evaluated for what the object holds")
}
