package render

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/eddy-previews/eddy/internal/input"
)

// maxMissing is how many keys that an input lacks are told at once.
const maxMissing = 20

// lacks adds to the error of a key that an input lacks the others that it lacks, so
// that they can be given at once: rendering ends at the first.
func (p *Program) lacks(m *meter, set input.Set, first error) error {
	found := missingIn(first)
	if found == nil {
		return first
	}
	filled := set
	filled.Values = maps.Clone(set.Values)
	if filled.Values == nil {
		return first // a set without inputs lacks all, and that is told
	}
	told := map[string]bool{found.key: true}
	var others []string
	for len(told) < maxMissing {
		filled.Values[found.key] = "x"
		_, err := p.render(m, filled)
		if found = missingIn(err); found == nil || told[found.key] {
			break
		}
		told[found.key] = true
		others = append(others, fmt.Sprintf("%q (%s)", found.key, found.field))
	}
	if len(others) == 0 {
		return first
	}
	return fmt.Errorf("%w; nor is there %s", first, strings.Join(others, ", "))
}

// missingIn is the failure of an action that asks an input for a key that it lacks,
// nil when that is not what is wrong.
func missingIn(err error) *actionError {
	var failure *actionError
	if errors.As(err, &failure) && failure.key != "" {
		return failure
	}
	return nil
}
