package export

import (
	"fmt"
	"strings"

	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/few"
)

const (
	// maxNamed is how many omissions a message names.
	maxNamed = 5
	// maxWhy bounds the reason of one, in bytes.
	maxWhy = 300
)

// Omission is an input that is not exported as it is: what a forge says of it
// cannot be stored, or does not fit. It is no reason to hold up the others.
type Omission struct {
	key    string
	why    error
	reason admit.Reason
	// kept says that it stays as it was exported before.
	kept bool
}

// Tell names omissions, as a half-sentence: "1 input is left out: \"7\" (it
// takes 900 KiB …)"; "" for none.
func Tell(omitted []Omission) string {
	var parts []string
	for _, group := range []struct {
		one, many string
		kept      bool
	}{
		{"input is left out", "inputs are left out", false},
		{"input stays as it was", "inputs stay as they were", true},
	} {
		var names []string
		for _, one := range omitted {
			if one.kept == group.kept {
				names = append(names, fmt.Sprintf("%.60q (%s)", one.key, clipped(one.why.Error())))
			}
		}
		what := group.many
		if len(names) == 1 {
			what = group.one
		}
		if len(names) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(names), what, few.Of(names, maxNamed, ", ")))
		}
	}
	return strings.Join(parts, "; ")
}

func clipped(why string) string {
	if len(why) <= maxWhy {
		return why
	}
	return strings.ToValidUTF8(why[:maxWhy], "") + "…"
}
