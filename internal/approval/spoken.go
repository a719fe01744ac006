package approval

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// spoken are the lines of a comment that its author says themselves: none of code, of
// quotes, and of what is hidden or struck out. Forges differ in how they read a comment,
// and none tells how it did: where it cannot be told, it is not said.
func spoken(text string) []string {
	var out []string
	speech := speech{open: map[string]int{}}
	for line := range strings.SplitSeq(lineBreaks.Replace(text), "\n") {
		if speech.says(line) {
			out = append(out, line)
		}
	}
	return out
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

var (
	// fence begins a block of code and fenceEnd ends one; inner is one in a list, a quote or
	// code, that may.
	fence    = regexp.MustCompile("^ {0,3}(```+|~~~+)(.*)$")
	fenceEnd = regexp.MustCompile("^ {0,3}(```+|~~~+)[ \\t]*$")
	inner    = regexp.MustCompile("^[ \\t]*(?:(?:[-+*>]|[0-9]+[.)])[ \\t]*)*(?:```|~~~)")
	// block begins or ends what some forges quote, draw or leave out, up to the other end of
	// it: >>> of GitLab, ::: of Azure DevOps, <? and <!X of HTML.
	block = regexp.MustCompile(`(?i)^[ \t]*(?:>>>+[ \t]*$|:::)|<\?|<!\[|<![a-z]`)
	// quote is a line of what somebody else said.
	quote = regexp.MustCompile(`^ {0,3}>`)
	// tags hide what stands between them, or show it as an example or as struck out.
	tags = regexp.MustCompile(`(?i)<!--|-->|<(/?)(pre|code|samp|kbd|tt|blockquote|q|details|del|s|strike|script|style|textarea|template|svg|math)\b`)
)

// doubtful begins what may go on in the next lines of a paragraph: code, a tag, a link and
// its title, what is struck out, a formula, a quote in a list.
const doubtful = "`<>[~$"

// speech is where one is in a comment.
type speech struct {
	// ends is the fence that ends a block of code.
	ends string
	// comment says that one is hidden by <!--, and open by which tags.
	comment bool
	open    map[string]int
	// quoted and doubt last to the end of a paragraph, and lost to that of the comment.
	quoted, doubt, lost bool
}

// says reports whether a line is said, and goes on behind it.
func (s *speech) says(line string) bool {
	switch {
	case s.lost:
		return false
	case s.ends != "":
		if end := fenceEnd.FindStringSubmatch(line); end != nil && strings.HasPrefix(end[1], s.ends) {
			s.ends = ""
		}
		return false
	case strings.TrimSpace(line) == "":
		s.quoted, s.doubt = false, false
		return false
	}
	if begin := fence.FindStringSubmatch(line); begin != nil && (begin[1][0] == '~' || !strings.Contains(begin[2], "`")) {
		s.ends = begin[1]
		return false
	}
	s.lost = inner.MatchString(line) || block.MatchString(line)
	hidden, doubt := s.isHidden(), s.doubt
	s.hide(line)
	s.quoted = s.quoted || quote.MatchString(line)
	s.doubt = s.doubt || strings.ContainsAny(line, doubtful)
	return !s.lost && !hidden && !s.isHidden() && !s.quoted && !doubt && indent(line) < codeIndent
}

func (s *speech) isHidden() bool {
	return s.comment || slices.ContainsFunc(slices.Collect(maps.Values(s.open)), func(depth int) bool { return depth > 0 })
}

// hide notes what a line begins and ends to hide.
func (s *speech) hide(line string) {
	for _, tag := range tags.FindAllStringSubmatch(line, -1) {
		name := strings.ToLower(tag[2])
		switch {
		case tag[0] == "-->":
			s.comment = false
		case s.comment:
		case tag[0] == "<!--":
			s.comment = true
		case tag[1] == "":
			s.open[name]++
		default:
			s.open[name] = max(0, s.open[name]-1)
		}
	}
}

// codeIndent is how far code stands from the margin, in columns.
const codeIndent = 4

// indent is how far a line stands from it.
func indent(line string) int {
	column := 0
	for _, r := range line {
		switch r {
		case ' ':
			column++
		case '\t':
			column += codeIndent - column%codeIndent
		default:
			return column
		}
	}
	return column
}
