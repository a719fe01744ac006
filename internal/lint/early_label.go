package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// setsLabel is how a CI step gives a request a label: over HTTP, by a forge's tool, or by an
// action.
var setsLabel = regexp.MustCompile(`(?i)add[-_]?labels?|--(add-)?label|labels?[-_ ](add|set)|/labels\b|\blabels?"?\s*[:=\[]|labels\[\]`)

// assigns is how a script gives a label a name.
var assigns = regexp.MustCompile(`(?i)^(const|let|var|export|readonly|local)?\s*\w*label\w*\s*=\s*["']?[^"' ]+["']?;?$`)

// sets reports whether a step sets a label, by one of its names.
func (s ciStep) sets(names []string) bool {
	named := slices.ContainsFunc(names, func(name string) bool { return strings.Contains(s.text, name) })
	return named && setsLabel.MatchString(s.text) && !removes.MatchString(s.text) && !assigns.MatchString(s.text)
}

// earlyLabel finds a label that says that the image is there, and that CI sets before it
// has pushed the image, or beside it: the preview starts too early, and when the image
// cannot be built, with none.
func earlyLabel(g gate) *Finding {
	if g.provider.provesImages() {
		return nil
	}
	for _, script := range g.provider.naming(g.label) {
		all, names := pipelineOf(script), namesOfLabel(script, g.label)
		pushed := all.places(ciStep.pushes)
		set := all.places(func(s ciStep) bool { return s.sets(names) })
		early := slices.IndexFunc(set, func(at place) bool {
			return !slices.ContainsFunc(pushed, func(push place) bool { return all.isBefore(push, at) })
		})
		if early < 0 || len(pushed) == 0 {
			continue
		}
		return &Finding{
			Position: script.Position(all[set[early].job].steps[set[early].step].node),
			Message:  fmt.Sprintf("CI sets the label %q before it has pushed the image, or beside that: the preview is deployed with an image that is not there", g.label),
			Fix:      "set the label in the last step, in a job that waits for the one that pushes",
		}
	}
	return nil
}
