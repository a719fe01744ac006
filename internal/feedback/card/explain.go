package card

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
)

// explain says why a preview is in its state, and what to do about it; "" where
// there is nothing to say. While it is being deployed, what it is at changes too
// often to be told.
func (r Row) explain() string {
	switch {
	case r.State() == preview.Failed && !r.HasPreview(), r.IsHeld() && !r.HasPreview():
		return strings.TrimSpace("the request waits.\n\n" + fenced(r.Held.Message) + "\n" + advice(r.Held))
	case r.State() == preview.Failed:
		return fmt.Sprintf("it failed.\n\n%s\n\n%s tells more, and %s what it says itself.",
			fenced(cmp.Or(r.Message, r.Reason)), r.command("describe preview"), r.command("logs"))
	case r.isBehind():
		return strings.TrimSpace("the commit that is wanted is not deployed yet.\n\n" + fenced(r.Standing()) + "\n" + advice(r.Held))
	case r.State() == preview.Removed:
		return "it is removed. When the request is opened again, or meets the conditions again, it comes back."
	case r.State() == preview.Suspended:
		return "its ResourceSet is suspended: what was deployed stays, and nothing is brought up to date until it is resumed."
	case r.State() == preview.Ready && r.Unwatched:
		return "all of it is applied. Whether it runs is not looked at: with `spec.readiness` of the ResourceSet it is."
	case r.IsHeld():
		return strings.TrimSpace("what is pushed next waits.\n\n" + fenced(r.Held.Message) + "\n" + advice(r.Held))
	default:
		return ""
	}
}

// advice is what a person can do about a request that is held.
func advice(held preview.Held) string {
	if text := held.Advice(); text != "" {
		return "\nWhat helps: " + text + "."
	}
	return ""
}

// command is one of Eddy's for this preview.
func (r Row) command(verb string) string {
	return fmt.Sprintf("`eddy %s %s -n %s`", verb, plain(r.Name), plain(r.Namespace))
}

// maxWhy is how much of a reason stands in the status of a commit, in letters: forges
// show one line.
const maxWhy = 90

// Description is the state of a preview in one line of plain text.
func (r Row) Description() string {
	why := ""
	switch {
	case r.IsHeld() && (r.isBehind() || !r.HasPreview()):
		why = r.Held.Message
	case r.State() == preview.Failed:
		why = cmp.Or(r.Message, r.Reason)
	}
	if why = oneLine(why); why != "" {
		return r.words() + ": " + forge.Cut(why, maxWhy)
	}
	return r.words()
}

// Fares is how the commit fares that the request is at.
func (r Row) Fares() forge.State {
	switch r.class() {
	case Ready:
		return forge.Success
	case Failed:
		return forge.Failure
	case Removed:
		return forge.Over
	case Progress:
	}
	return forge.Pending
}

// Wanted is the commit that the request is at.
func (r Row) Wanted() string { return cmp.Or(r.Head, r.Commit) }

// Answers is where the preview answers, as far as that may be followed; "" while it
// does not.
func (r Row) Answers() string {
	if r.State() != preview.Ready {
		return ""
	}
	return Address(r.URL)
}
