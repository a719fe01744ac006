package admit

import (
	"fmt"
	"slices"
	"strings"
)

// Account says why nothing is exported, as a half-sentence: what was seen, and
// what each rule made of it. It is empty where something is exported, and where
// there is nothing.
//
//	nothing is exported: of 5 that are there, 3 do not pass spec.filter.labels, 2 are held by spec.skip.labels
func (c *Chain) Account(verdicts []Verdict) string {
	if slices.ContainsFunc(verdicts, Verdict.IsInput) {
		return ""
	}
	if len(verdicts) == 0 && len(c.labels) > 0 { // a forge may have left out the others by itself
		return "nothing is exported: nothing that is open has " + strings.Join(quoted(c.labels), " and ") + " of spec.filter.labels"
	}
	if len(verdicts) == 0 {
		return ""
	}
	var rules []ruled
	for _, verdict := range verdicts {
		at := slices.IndexFunc(rules, func(r ruled) bool { return r.made(verdict) })
		if at < 0 {
			at, rules = len(rules), append(rules, ruled{Verdict: verdict})
		}
		rules[at].count++
	}
	var parts []string
	for _, one := range rules {
		parts = append(parts, one.String())
	}
	slices.Sort(parts) // a listing has no order of rules
	return fmt.Sprintf("nothing is exported: of %d that are there, %s", len(verdicts), strings.Join(parts, ", "))
}

// ruled counts the verdicts of one rule.
type ruled struct {
	Verdict
	count int
}

func (r ruled) made(v Verdict) bool {
	return r.Decision == v.Decision && r.Field == v.Field && (v.Field != "" || r.Reason == v.Reason)
}

// String returns "3 do not pass spec.filter.labels", or "1 is held by …".
func (r ruled) String() string {
	one := r.count == 1
	switch {
	case r.Decision == Refuse && one:
		return "1 does not pass " + r.Field
	case r.Decision == Refuse:
		return fmt.Sprintf("%d do not pass %s", r.count, r.Field)
	case r.Field == "":
		return fmt.Sprintf("%d %s", r.count, r.Reason)
	case one:
		return "1 is held by " + r.Field
	default:
		return fmt.Sprintf("%d are held by %s", r.count, r.Field)
	}
}

// quoted names labels for a sentence.
func quoted(labels []string) []string {
	out := make([]string, len(labels))
	for n, label := range labels {
		out[n] = "the label " + Named(label)
	}
	return out
}
