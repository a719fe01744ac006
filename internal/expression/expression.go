// Package expression judges an object by a CEL expression that somebody wrote
// into a resource, within bounds.
//
//	status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True')
//
// The language is that of Flux's health checks. It promises that no expression
// keeps a worker for long or makes much of a little, whatever it says (meter.go),
// and that an error never repeats a value: the object may be a Secret, and who
// reads a condition may not be who may read it (errors.go).
package expression

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"

	"github.com/eddy-previews/eddy/internal/throttle"
)

const (
	// MaxLength is how many characters an expression may have.
	MaxLength = 4096
	// MaxDepth is how deep it may be nested.
	MaxDepth = 100
	// MaxLoops is how many of all, exists, map, filter and their like it may have.
	// The types of what they make nest, and it takes long to find out what they are.
	MaxLoops = 16
	// MaxCost is what all expressions of one run may cost together: what the API
	// server lets one expression cost, in its units.
	MaxCost = 1_000_000

	// interruptCheck is how many turns of a loop pass between two looks at the
	// context, as in the API server.
	interruptCheck = 100
)

// variables are the fields of an object that an expression sees.
func variables() []string { return []string{"metadata", "spec", "status", "data"} }

// Budget is what is left of MaxCost to the expressions of one run.
type Budget struct {
	left int64
	pass *throttle.Pass
}

// NewBudget returns a whole one, for a run that goes through a gate with a pass;
// nil where there is none. Neither Compile nor Holds keep a place behind the gate.
func NewBudget(pass *throttle.Pass) *Budget { return &Budget{left: MaxCost, pass: pass} }

// compileSquare is the square of how many characters one unit compiles: to check
// the types of a long expression takes more than twice as long as of one of half
// its length.
const compileSquare = 80

// Expression is a compiled expression.
type Expression struct {
	env *cel.Env
	ast *cel.Ast
	// fields are those that its text names.
	fields map[string]bool
}

// Compile reads an expression that is true or false. The error says what is
// wrong with it and where.
func (b *Budget) Compile(text string) (*Expression, error) {
	length := len([]rune(text))
	if length > MaxLength {
		return nil, fmt.Errorf("the expression has %d characters, more than the %d that it may have", length, MaxLength)
	}
	cost := length * length / compileSquare
	if b.left -= int64(cost); b.left < 0 {
		return nil, errTooCostly
	}
	b.pass.Spend(cost)
	defer b.pass.End()
	env, err := newEnv()
	if err != nil {
		return nil, fmt.Errorf("preparing CEL: %w", err)
	}
	compiled, issues := env.Parse(text)
	if issues.Err() == nil {
		if loops := loopsOf(compiled); loops > MaxLoops {
			return nil, fmt.Errorf("the expression has %d loops (all, exists, map, filter …), more than the %d that it may have", loops, MaxLoops)
		}
		compiled, issues = env.Check(compiled)
	}
	if issues.Err() != nil {
		return nil, fmt.Errorf("failed to parse the CEL expression '%s': %s", text, issues)
	}
	if is := compiled.OutputType(); !is.IsExactType(cel.BoolType) && !is.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("the CEL expression '%s' is of type %s, and has to be true or false", text, is)
	}
	return &Expression{env: env, ast: compiled, fields: fieldsOf(compiled)}, nil
}

// newEnv is the language, as Flux has it.
func newEnv() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.HomogeneousAggregateLiterals(),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		ext.Sets(),
		ext.Encoders(),
		cel.ParserRecursionLimit(MaxDepth),
		cel.ParserExpressionSizeLimit(MaxLength),
	}
	for _, name := range variables() {
		options = append(options, cel.Variable(name, cel.ObjectType("google.protobuf.Struct")))
	}
	return cel.NewEnv(options...)
}

// fieldsOf lists the fields that an expression names after a dot.
func fieldsOf(compiled *cel.Ast) map[string]bool {
	fields := map[string]bool{}
	visit(compiled, func(e ast.Expr) {
		if e.Kind() == ast.SelectKind {
			fields[e.AsSelect().FieldName()] = true
		}
	})
	return fields
}

func loopsOf(parsed *cel.Ast) int {
	loops := 0
	visit(parsed, func(e ast.Expr) {
		if e.Kind() == ast.ComprehensionKind {
			loops++
		}
	})
	return loops
}

func visit(parsed *cel.Ast, see func(ast.Expr)) {
	ast.PostOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(see))
}

// Holds reports whether the expression is true of an object.
func (e *Expression) Holds(ctx context.Context, object map[string]any, budget *Budget) (bool, error) {
	meter := &meter{Budget: budget, adapter: e.env.CELTypeAdapter()}
	defer budget.pass.End()
	if err := meter.bind(e.env); err != nil {
		return false, fmt.Errorf("preparing the CEL expression: %w", err)
	}
	program, err := e.env.Program(e.ast, cel.CustomDecorator(meter.decorate), cel.InterruptCheckFrequency(interruptCheck))
	if err != nil {
		return false, errors.New("the CEL expression cannot be planned")
	}
	value, _, err := program.ContextEval(ctx, object)
	if err != nil {
		return false, e.explain(ctx, err)
	}
	holds, ok := value.(types.Bool)
	if !ok {
		return false, errors.New("what the expression comes to is neither true nor false")
	}
	return bool(holds), nil
}
