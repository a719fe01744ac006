// Package few lists the first of many things, and says how many there are besides.
package few

import (
	"fmt"
	"strings"
)

// Of lists the first most of some texts with another between them: "a; b; and 3 more",
// a line each, or with commas, of which none stands before the last: "a, b and 3 more".
func Of(texts []string, most int, between string) string {
	return Each(texts, most, between, func(text string) string { return text })
}

// Each lists in that way what is said of each of all.
func Each[T any](all []T, most int, between string, say func(T) string) string {
	texts := make([]string, 0, most)
	for _, one := range all[:min(len(all), most)] {
		texts = append(texts, say(one))
	}
	listed := strings.Join(texts, between)
	more := len(all) - most
	if more <= 0 {
		return listed
	}
	if between == ", " {
		between = " "
	}
	return fmt.Sprintf("%s%sand %d more", listed, between, more)
}
