package probe

import (
	"fmt"
	"strconv"
	"strings"
)

// Codes are ranges of HTTP statuses, such as 200-399,401,403.
type Codes []struct{ from, to int }

// DefaultCodes are those of what is there: a login stands before it, or not.
const DefaultCodes = "200-399,401,403"

// ParseCodes reads ranges.
func ParseCodes(text string) (Codes, error) {
	var out Codes
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, errTo := strconv.Atoi(last)
		if err != nil || errTo != nil || from < 100 || to > 599 || from > to {
			return nil, fmt.Errorf("%q is not a status or a range of them such as 200-399", part)
		}
		out = append(out, struct{ from, to int }{from, to})
	}
	return out, nil
}

// Hold reports whether a status is among them.
func (c Codes) Hold(status int) bool {
	for _, one := range c {
		if status >= one.from && status <= one.to {
			return true
		}
	}
	return false
}
