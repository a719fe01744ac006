package approval

import (
	"regexp"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
)

// statement is that somebody approves, or takes that back.
type statement struct {
	// how they did, as in spec.forks.by, and the id of it at the forge.
	how, id string
	by      forge.Person
	at      time.Time
	// sha is the commit that they named, or the beginning of it; empty where they
	// named none.
	sha string
	// revokes says that they take back what was said until then.
	revokes bool
	// edited says that the comment may have said something else before.
	edited bool
}

// leastCommit is how much of a commit has to be said.
const leastCommit = 12

// means reports whether somebody who said it saw a commit: they named it in full, or it
// was there before they spoke, and what they named of it fits. A part of a commit names
// none by itself: who makes two commits can have them begin alike, shows one, and pushes
// the other once it is approved. What was edited somebody else may have written.
func (s statement) means(sha string, pushed time.Time) bool {
	switch {
	case s.edited:
		return false
	case s.names(sha):
		return true
	case !s.fits(sha):
		return false
	default:
		return !pushed.IsZero() && s.at.After(pushed)
	}
}

// names reports whether a commit is said in full.
func (s statement) names(sha string) bool { return s.sha != "" && strings.EqualFold(s.sha, sha) }

// fits reports whether what is named of a commit is enough and right; so is nothing.
func (s statement) fits(sha string) bool {
	return s.sha == "" || len(s.sha) >= leastCommit && len(s.sha) <= len(sha) && strings.EqualFold(s.sha, sha[:len(s.sha)])
}

// upholds reports whether what approved of a commit once still says so. What may have
// been edited since was heard before that, and has to say the same.
func (s statement) upholds(sha string) bool {
	switch {
	case s.how == v1.ByAnnotation:
		return s.names(sha)
	case s.edited:
		return s.fits(sha)
	default:
		return true
	}
}

// word is what a command begins with.
const word = "/preview"

// ours is in each comment that Eddy writes itself.
var ours = regexp.MustCompile(`(?m)^(<!-- |\[)eddy:v1[ :]`)

// isCommit is a commit or the beginning of one.
var isCommit = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)

// commands are what a comment says about approval: nothing where it is one of Eddy's own.
func commands(comment forge.Comment) []statement {
	if ours.MatchString(comment.Text) {
		return nil
	}
	var out []statement
	for _, line := range spoken(comment.Text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != word {
			continue
		}
		said := statement{id: comment.ID, by: comment.By, at: comment.At, edited: comment.Edited}
		switch {
		case len(words) == 1:
		case words[1] == "revoke":
			said.revokes = true
		case isCommit.MatchString(words[1]):
			said.sha = words[1]
		default:
			continue // it is about something else
		}
		out = append(out, said)
	}
	return out
}
