// Package suggest finds the name that a person meant.
package suggest

import (
	"fmt"
	"slices"
	"strings"
)

// To returns the candidate that is most like a name, or "" when none is. Two
// names are alike when a third of their letters at most are wrong, or when one
// holds the other.
func To(name string, candidates []string) string {
	best, fewest := "", max(1, len(name)/3)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if candidate == name {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < fewest {
			best, fewest = candidate, d
		}
	}
	if best != "" || len(name) < 2 {
		return best
	}
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if len(candidate) >= 2 && candidate != name && (strings.Contains(candidate, name) || strings.Contains(name, candidate)) {
			return candidate
		}
	}
	return ""
}

// Hint returns `; did you mean "…"?` for the name that is most like it, or "".
func Hint(name string, candidates []string) string {
	if near := To(name, candidates); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// distance counts the letters to add, remove or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
