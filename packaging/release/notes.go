package release

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// unreleased is the section of CHANGELOG.md for what is not released yet.
const unreleased = "Unreleased"

// notes writes what CHANGELOG.md says of the version.
func (s Spec) notes(folder string) error {
	text, err := os.ReadFile(filepath.Join(s.Root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	section := s.number()
	if s.Stage == Draft {
		section = unreleased
	}
	notes, err := Notes(string(text), section)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "notes.md"), []byte(notes), 0o600)
}

// Notes returns the section of a changelog for a version: what follows a heading
// such as "## 0.1.0" or "## 0.1.0 - 2026-11-25", to the next of its kind. A version
// of which nothing is said is an error.
func Notes(changelog, version string) (string, error) {
	var found bool
	var out []string
	for line := range strings.Lines(changelog) {
		if heading, isHeading := strings.CutPrefix(line, "## "); isHeading {
			found = isOf(heading, version)
			continue
		}
		if found {
			out = append(out, line)
		}
	}
	notes := strings.TrimSpace(strings.Join(out, ""))
	if notes == "" {
		return "", fmt.Errorf("CHANGELOG.md says nothing of %s: give what is under %q the heading \"## %s\"", version, "## "+unreleased, version)
	}
	return notes + "\n", nil
}

// isOf reports whether a heading is that of a version, and not of one that begins
// like it.
func isOf(heading, version string) bool {
	words := strings.Fields(heading)
	return len(words) > 0 && strings.Trim(words[0], "[]") == version
}
