package approval

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
)

// message says what a request waits for, and why what was said does not count.
func (l *ledger) message(item forge.Item, r reading) string {
	out := "waits for approval of its commit: " + l.ways(item)
	if why := l.whyNot(item, r); why != "" {
		out += "; " + why
	}
	return out
}

// ways are how somebody may approve at the forge.
func (l *ledger) ways(item forge.Item) string {
	who := "somebody with " + l.spec.Permission + " permission"
	switch {
	case len(l.spec.Approvers) > 0:
		who = "one of spec.forks.approvers"
	case !l.tells:
		return "name who may approve in spec.forks.approvers, as the forge does not tell who may write, or use eddy approve"
	}
	var ways []string
	if slices.Contains(l.spec.By, v1.ByComment) {
		ways = append(ways, fmt.Sprintf("comment %s %s", word, item.SHA))
	}
	if slices.Contains(l.spec.By, v1.ByReview) {
		ways = append(ways, "approve in a review")
	}
	if slices.Contains(l.spec.By, v1.ByLabel) {
		ways = append(ways, "set the label "+l.spec.Label)
	}
	return "let " + who + " " + strings.Join(ways, ", or ")
}

// whyNot says why what was said last does not count.
func (l *ledger) whyNot(item forge.Item, r reading) string {
	if r.err != nil {
		return "it cannot be told whether somebody did: " + r.err.Error()
	}
	floor, ended := l.floor(item, r)
	for _, one := range slices.Backward(r.said) {
		by := cmp.Or(shown(one.by), "the annotation")
		switch {
		case one.revokes:
			return ended
		case !floor.IsZero() && !one.at.After(floor):
			return by + " said so before " + ended
		case one.edited && one.fits(item.SHA):
			return by + "'s comment may have been edited since: say it in a new one"
		case one.sha != "" && len(one.sha) < leastCommit:
			return fmt.Sprintf("%s named %s, and it takes %d digits at least", by, one.sha, leastCommit)
		case one.sha != "" && len(one.sha) < len(item.SHA) && strings.EqualFold(one.sha, item.SHA[:len(one.sha)]):
			return fmt.Sprintf("%s named %s, which another commit may begin with, and the forge does not tell that this one was there before: name it in full", by, one.sha)
		case one.sha != "":
			return fmt.Sprintf("%s approved of %.12s", by, one.sha)
		case r.pushed.IsZero():
			return by + " named no commit, and the forge does not tell when this one was pushed"
		default:
			return by + " spoke before this commit was pushed"
		}
	}
	return cmp.Or(r.why, ended)
}
