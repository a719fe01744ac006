package schedule

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	// amounts is a duration as people say it: 5 minutes, 1 hour 30 min, 90.
	amounts = regexp.MustCompile(`(?i)^\s*(?:\d+\s*[a-z]*[\s,]*)+$`)
	amount  = regexp.MustCompile(`(?i)(\d+)\s*([a-z]*)`)
)

// units are the words for them, by their beginning.
var units = []struct{ word, unit string }{
	{"ms", "ms"}, {"milli", "ms"}, {"s", "s"}, {"mo", ""}, {"m", "m"}, {"h", "h"}, {"d", "d"}, {"w", "w"},
}

// Meant makes a duration of Go of what somebody wrote in its place, such as 5m of
// "5 minutes"; "" where it is one, or nobody can tell.
func Meant(text string) string {
	if _, err := time.ParseDuration(text); err == nil || !amounts.MatchString(text) {
		return ""
	}
	out := ""
	for _, found := range amount.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[1])
		unit := unitOf(found[2])
		switch {
		case err != nil || unit == "" || n > 100_000:
			return ""
		case unit == "d":
			n, unit = n*24, "h"
		case unit == "w":
			n, unit = n*24*7, "h"
		}
		out += strconv.Itoa(n) + unit
	}
	return out
}

// unitOf is the unit of a word; a number alone is of minutes.
func unitOf(word string) string {
	if word == "" {
		return "m"
	}
	for _, each := range units {
		if strings.HasPrefix(strings.ToLower(word), each.word) {
			return each.unit
		}
	}
	return ""
}
