package render

import (
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	// maxPattern is the most that a regular expression may have, in bytes.
	maxPattern = 8 << 10
	// maxProgram is the most that it may be compiled to, in instructions.
	maxProgram = 20_000
	// compiling an instruction takes this much work.
	compiling = 32
	// someMatches are looked for before it is clear that a regular expression
	// matches often.
	someMatches = 8
)

// checkRegex counts what a function does with a regular expression: it is
// compiled, and each byte of the text meets each instruction, once; or once for
// each match, where a match may look far behind its end.
func checkRegex(name string) func(m *meter, args []reflect.Value) error {
	return func(m *meter, args []reflect.Value) error {
		p, ok, err := m.compile(args[0].String())
		if err != nil || !ok || len(args) < 2 {
			return err
		}
		text := args[1].String()
		if err := m.spend(work, p.size*(len(text)+1)); err != nil {
			return err
		}
		many := strings.Contains(name, "All") || strings.Contains(name, "Split")
		if !many {
			return nil
		}
		matches, err := p.matches(m, text)
		if err != nil {
			return err
		}
		if !strings.Contains(name, "Replace") {
			return fits(matches+1, itemWeight)
		}
		by := args[2].String()
		if err := fits(matches, len(by)); err != nil {
			return err
		}
		return fits(strings.Count(by, "$")+1, len(text)) // each $1 is a part of a match
	}
}

// pattern is a regular expression.
type pattern struct {
	*regexp.Regexp
	// size is what it is compiled to, in instructions, about.
	size int
	// far: a match may look far behind its end.
	far bool
}

// compile compiles a regular expression, unless it cannot be, as the function
// will say itself.
func (m *meter) compile(text string) (p pattern, ok bool, err error) {
	if len(text) > maxPattern {
		return pattern{}, false, exceeded(maxPattern, "bytes", "a regular expression")
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}, false, nil //nolint:nilerr // the function says it
	}
	p.size = min(instructions(tree), maxProgram+1)
	if p.size > maxProgram {
		return pattern{}, false, exceeded(maxProgram, "instructions", "a regular expression")
	}
	if err := m.spend(work, p.size*compiling); err != nil {
		return pattern{}, false, err
	}
	p.far = looksFar(tree)
	p.Regexp, err = regexp.Compile(text)
	return p, err == nil, nil
}

// matches counts the matches in a text.
func (p pattern) matches(m *meter, text string) (int, error) {
	if !p.far {
		return len(p.FindAllStringIndex(text, -1)), nil
	}
	for limit := someMatches; ; limit *= 2 {
		if err := m.spend(work, limit*p.size*(len(text)+1)); err != nil {
			return 0, err
		}
		if found := len(p.FindAllStringIndex(text, limit)); found < limit {
			return found, nil
		}
	}
}

// instructions estimates what a regular expression is compiled to, repeats
// written out.
func instructions(tree *syntax.Regexp) int {
	size := 1 + len(tree.Rune)/2
	for _, sub := range tree.Sub {
		size = min(size+instructions(sub), maxProgram+1)
	}
	if tree.Op == syntax.OpRepeat {
		size *= max(tree.Max, tree.Min+1)
	}
	return min(size, maxProgram+1)
}

// looksFar reports whether to find a match may take looking far behind its end:
// there is a loop that more has to follow, or another way to match beside it.
func looksFar(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpStar, syntax.OpPlus:
		return loops(tree.Sub[0])
	case syntax.OpConcat:
		last := len(tree.Sub) - 1
		for _, sub := range tree.Sub[:last] {
			if loops(sub) {
				return true
			}
		}
		return looksFar(tree.Sub[last])
	case syntax.OpCapture:
		return looksFar(tree.Sub[0])
	default:
		return loops(tree)
	}
}

// loops reports whether there is a loop in a regular expression.
func loops(tree *syntax.Regexp) bool {
	if tree.Op == syntax.OpStar || tree.Op == syntax.OpPlus || tree.Op == syntax.OpRepeat {
		return true
	}
	for _, sub := range tree.Sub {
		if loops(sub) {
			return true
		}
	}
	return false
}
