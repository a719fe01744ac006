package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// CacheRoot is the folder that holds all that Eddy's local system builds and
// keeps: $EDDY_CACHE, else eddy below the user's cache folder.
func CacheRoot() (string, error) {
	if dir := os.Getenv("EDDY_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder (set EDDY_CACHE): %w", err)
	}
	return filepath.Join(dir, "eddy"), nil
}

// SourceRoot finds the folder test/cluster of the checkout: from the working
// folder upwards, then from this program's file upwards.
func SourceRoot() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		starts = append(starts, filepath.Dir(file))
	}
	for _, start := range starts {
		if root, ok := searchUpwards(start); ok {
			return root, nil
		}
	}
	return "", fmt.Errorf("cannot find test/cluster/tools above %s: run this inside a checkout of Eddy", strings.Join(starts, " or "))
}

func searchUpwards(dir string) (string, bool) {
	for {
		for _, candidate := range []string{dir, filepath.Join(dir, "test", "cluster")} {
			if _, err := os.Stat(filepath.Join(candidate, "tools", "kubernetes", "go.mod")); err == nil {
				return candidate, true
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// key names what a group's build depends on: its pinned versions, the source of
// its own program if it has one, the build flags and the platform.
func key(files []string, g Group) string {
	h := sha256.New()
	parts := append([]string{strings.Join(g.flags(), " "), fmt.Sprint(g.Cgo), runtime.GOOS + "/" + runtime.GOARCH}, files...)
	for _, part := range parts {
		// The length keeps two different lists of parts from reading alike.
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // a hash never fails to write
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// copyFolder copies a folder of the module cache, whose files are read-only,
// into files that the owner can remove.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o750)
		case entry.Type().IsRegular():
			return copyFile(path, target)
		default:
			return nil
		}
	})
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := out.Close(); err == nil {
			err = closeErr
		}
	}()
	_, err = io.Copy(out, in)
	return err
}
