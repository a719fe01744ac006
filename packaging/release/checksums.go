package release

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checksumsFile is in the format of sha256sum, which checks it with -c.
const checksumsFile = "checksums.txt"

func writeChecksums(folder string) error {
	text, err := checksums(folder)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, checksumsFile), []byte(text), 0o600)
}

// checksums are those of all files in a folder, by name.
func checksums(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, entry := range entries {
		if entry.Name() == checksumsFile {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(data), entry.Name())
	}
	return out.String(), nil
}

// checkChecksums finds files that were changed, are missing, or are not listed.
func checkChecksums(folder string) error {
	listed, err := os.ReadFile(filepath.Join(folder, checksumsFile))
	if err != nil {
		return err
	}
	now, err := checksums(folder)
	if err != nil {
		return err
	}
	return differences(string(listed), now)
}

// Same is an error that names the files in which two releases differ.
func Same(one, other string) error {
	first, err := checksums(one)
	if err != nil {
		return err
	}
	second, err := checksums(other)
	if err != nil {
		return err
	}
	return differences(first, second)
}

// differences compares two lists of checksums.
func differences(one, other string) error {
	was, is := byName(one), byName(other)
	var out []error
	for name, sum := range was {
		switch {
		case is[name] == "":
			out = append(out, fmt.Errorf("%s is missing", name))
		case is[name] != sum:
			out = append(out, fmt.Errorf("%s differs", name))
		}
	}
	for name := range is {
		if was[name] == "" {
			out = append(out, fmt.Errorf("%s is not listed", name))
		}
	}
	return errors.Join(out...)
}

// byName are checksums by the name of their file.
func byName(list string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(list) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		out[name] = sum
	}
	return out
}
