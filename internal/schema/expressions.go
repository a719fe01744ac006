package schema

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// expressions evaluate the rules of CRDs. The API server's own package does more than
// is needed here, types and costs among it, and makes the program half as large again,
// and its memory; both have the same language.
type expressions struct {
	env   *cel.Env
	known map[string]cel.Program
}

func newExpressions() *expressions { return &expressions{known: map[string]cel.Program{}} }

// broken returns the message of a rule that a value breaks, "" where it keeps it. A
// rule about a change says nothing of an object that is new.
func (e *expressions) broken(rule apiextensionsv1.ValidationRule, value any) string {
	if strings.Contains(rule.Rule, "oldSelf") {
		return ""
	}
	holds, err := e.evaluate(rule.Rule, value)
	switch {
	case err != nil:
		return fmt.Sprintf("the rule %s cannot be asked: %v", rule.Rule, err)
	case holds == true:
		return ""
	case rule.Message != "":
		return strings.TrimSpace(rule.Message)
	}
	if rule.MessageExpression != "" {
		if message, err := e.evaluate(rule.MessageExpression, value); err == nil {
			return fmt.Sprint(message)
		}
	}
	return "failed rule: " + rule.Rule
}

func (e *expressions) evaluate(text string, value any) (any, error) {
	program := e.known[text]
	if program == nil {
		compiled, err := e.compile(text)
		if err != nil {
			return nil, err
		}
		program = compiled
		e.known[text] = program
	}
	out, _, err := program.Eval(map[string]any{"self": value})
	if err != nil {
		return nil, err
	}
	return out.Value(), nil
}

func (e *expressions) compile(text string) (cel.Program, error) {
	if e.env == nil {
		env, err := cel.NewEnv(cel.Variable("self", cel.DynType), ext.Strings(), cel.DefaultUTCTimeZone(true))
		if err != nil {
			return nil, err
		}
		e.env = env
	}
	compiled, issues := e.env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	return e.env.Program(compiled)
}
