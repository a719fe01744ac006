package simulate

import (
	"context"
	"maps"
	"regexp"
	"slices"
)

// unset is how substitution names a variable that has no value: the first.
var unset = regexp.MustCompile(`variable not set.*: ?"(\w+)"`)

// maxUnset is how many variables without a value are told at once.
const maxUnset = 50

// UnsetIn lists the variables that a Kustomization uses and that nothing gives a value,
// sorted; none where something else is wrong with it.
func (c Chain) UnsetIn(ctx context.Context, part Part) []string {
	var out []string
	values := maps.Clone(c.Unset)
	if values == nil {
		values = map[string]string{}
	}
	for err := part.Err; err != nil && len(out) < maxUnset; {
		found := unset.FindStringSubmatch(err.Error())
		if found == nil || slices.Contains(out, found[1]) {
			break
		}
		out = append(out, found[1])
		values[found[1]] = "x"
		again := Part{Stamped: part.Stamped}
		with := c
		with.Unset = values
		with.build(ctx, &again, c.Known)
		err = again.Err
	}
	slices.Sort(out)
	return out
}
