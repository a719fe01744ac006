package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Program builds a small static program of this module (the sample app, the
// pause program) and returns its path. It is built again when its source
// changes.
func (b *Builder) Program(ctx context.Context, name string) (string, error) {
	source := filepath.Join(b.Source, name)
	digest, err := hashSources(source)
	if err != nil {
		return "", fmt.Errorf("reading the source of %s: %w", name, err)
	}
	target := filepath.Join(b.Root(), name+"-"+digest, name)
	if exists(target) {
		return target, nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return "", err
	}
	temp := fmt.Sprintf("%s.%d.tmp", target, os.Getpid())
	defer func() { _ = os.Remove(temp) }() // gone after the rename; left over otherwise
	static := Group{Name: name}
	args := append(append([]string{"build"}, static.flags()...), "-o", temp, ".")
	if _, err := output(b.golang(ctx, static, source, args...)); err != nil {
		return "", fmt.Errorf("compiling %s: %w", name, err)
	}
	return target, os.Rename(temp, target)
}

func hashSources(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "", fmt.Errorf("no Go files in %s", dir)
	}
	all := runtime.GOOS + "/" + runtime.GOARCH
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		all += fmt.Sprintf("%s %d:%s", filepath.Base(file), len(content), content)
	}
	return shortName(all), nil
}

// shortName is a name of twelve characters for a long one.
func shortName(long string) string {
	sum := sha256.Sum256([]byte(long))
	return hex.EncodeToString(sum[:])[:12]
}
