package lint

import (
	"bytes"
	"regexp"
	"strings"
)

// ignoring is a comment that silences a rule. It needs a reason.
var ignoring = regexp.MustCompile(`#\s*eddy:ignore\s+([a-z-]+):?\s+\S`)

// silenced reports whether a comment in the line of a finding, or in those right
// above it, names its rule.
func (s *Setup) silenced(finding Finding) bool {
	lines := bytes.Split(s.texts.of(finding.File), []byte("\n"))
	if finding.Line < 1 || finding.Line > len(lines) {
		return false
	}
	for n := finding.Line - 1; n >= 0; n-- {
		line := strings.TrimSpace(string(lines[n]))
		if n < finding.Line-1 && !strings.HasPrefix(line, "#") {
			return false
		}
		if found := ignoring.FindStringSubmatch(line); found != nil && found[1] == finding.Rule {
			return true
		}
	}
	return false
}
