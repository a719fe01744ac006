package render

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// cost says what the calls of a function take. Of one that is not listed, its
// arguments are read once, with all that is in them, and what it returns is no
// more than a few times that.
type cost struct {
	// shallow: the items of its arguments are not looked into.
	shallow bool
	// factor: how much dearer than a copy is what it does with each byte.
	factor int
	// check refuses a call that would take too much, and counts what it takes
	// beside reading its arguments.
	check func(m *meter, args []reflect.Value) error
}

// costOf is the list of what is not as usual.
func costOf(name string) cost {
	switch strings.TrimPrefix(strings.ToLower(name), "must") {
	case "append", "push", "prepend", "first", "last", "rest", "initial", "reverse", "slice", "concat", "list", "tuple", "compact",
		"dict", "get", "set", "unset", "haskey", "pluck", "pick", "omit", "keys", "values", "dig", "inputs",
		"default", "empty", "coalesce", "all", "any", "ternary", "typeof", "typeis", "typeislike", "kindof", "kindis":
		return cost{shallow: true}
	case "repeat":
		return cost{check: checkRepeat}
	case "indent", "nindent":
		return cost{check: checkIndent}
	case "until":
		return cost{check: func(_ *meter, args []reflect.Value) error { return checkSpan(0, asInt(args[0]), 1) }}
	case "untilstep":
		return cost{check: func(_ *meter, args []reflect.Value) error {
			return checkSpan(asInt(args[0]), asInt(args[1]), asInt(args[2]))
		}}
	case "seq":
		return cost{check: checkSeq}
	case "printf":
		return cost{check: checkPrintf}
	case "replace":
		return cost{check: checkReplace}
	case "join":
		return cost{check: checkJoin}
	case "split", "splitlist", "splitn":
		return cost{check: checkSplit}
	case "uniq", "without":
		return cost{check: checkPairs}
	case "sortalpha", "title", "fromjson", "tojson", "toprettyjson", "torawjson":
		return cost{factor: 8}
	case "toyaml", "slugify":
		return cost{factor: 32}
	default:
		if strings.Contains(strings.ToLower(name), "regex") && name != "regexQuoteMeta" {
			return cost{check: checkRegex(name)}
		}
		return cost{}
	}
}

func asInt(value reflect.Value) int { return int(value.Int()) }

func checkRepeat(_ *meter, args []reflect.Value) error {
	return fits(asInt(args[0]), args[1].Len())
}

func checkIndent(_ *meter, args []reflect.Value) error {
	lines := 1 + strings.Count(args[1].String(), "\n")
	return fits(lines, asInt(args[0]))
}

// checkSpan also goes backwards, as until does.
func checkSpan(from, to, step int) error {
	if step == 1 && to < from {
		step = -1
	}
	return fits(span(from, to, step), itemWeight)
}

func checkSeq(_ *meter, args []reflect.Value) error {
	numbers := make([]int, args[0].Len())
	for i := range numbers {
		numbers[i] = asInt(args[0].Index(i))
	}
	switch len(numbers) {
	case 1:
		return checkSpan(1, numbers[0], 1)
	case 2:
		return checkSpan(numbers[0], numbers[1], 1)
	case 3:
		return checkSpan(numbers[0], numbers[2], numbers[1])
	default:
		return nil
	}
}

// widest is the most that fmt pads to.
const widest = 1_000_000

// checkPrintf counts what the verbs of a format may come to: what the arguments
// have, anew for each verb that says which one it takes, and where there is a
// width, that for each item.
func checkPrintf(_ *meter, args []reflect.Value) error {
	format := args[0].String()
	all, err := weigh(args[1])
	if err != nil {
		return err
	}
	total, items := len(format)+all, 1+all/itemWeight
	for _, verb := range strings.Split(format, "%")[1:] {
		width, again := directive(verb)
		if again {
			total += all
		}
		if total += width * items; total > maxValue {
			return tooLarge()
		}
	}
	return nil
}

// directive returns how wide a verb is padded at most, and whether it may take an
// argument that another has had.
func directive(verb string) (width int, again bool) {
	number := 0
	for _, r := range verb {
		switch {
		case '0' <= r && r <= '9':
			number = min(number*10+int(r-'0'), widest)
		case r == '*':
			width += widest
		case strings.ContainsRune("+-# .[]", r):
			again = again || r == '['
			width, number = width+number, 0
		default:
			return width + number, again
		}
	}
	return width + number, again
}

func checkReplace(_ *meter, args []reflect.Value) error {
	return fits(strings.Count(args[2].String(), args[0].String()), args[1].Len())
}

func checkJoin(_ *meter, args []reflect.Value) error {
	return fits(lightly(args[1])/itemWeight, args[0].Len())
}

func checkSplit(_ *meter, args []reflect.Value) error {
	text := args[len(args)-1].String()
	parts := utf8.RuneCountInString(text)
	if by := args[0].String(); by != "" {
		parts = strings.Count(text, by) + 1
	}
	return fits(parts, entryWeight)
}

// checkPairs is for what compares each item with each other.
func checkPairs(m *meter, args []reflect.Value) error {
	items := lightly(args[0]) / itemWeight
	others := items
	if len(args) > 1 {
		others = args[1].Len()
	}
	weight, err := weigh(args[0])
	if err != nil {
		return err
	}
	if others > 0 && items > boundOf(work).one/others {
		return m.spend(work, boundOf(work).one+1)
	}
	return m.spend(work, 4*items*others+others*weight/64)
}
