package image

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Source is a program to be compiled.
type Source struct {
	// Folder is that of the module, Package the program in it.
	Folder, Package string
	// LDFlags go to the Go linker.
	LDFlags string
}

// Compile compiles a static program for a platform. It carries no path of the
// machine that it is built on, and no time.
func (s Source) Compile(ctx context.Context, platform v1.Platform) (Program, error) {
	folder, err := os.MkdirTemp("", "image-")
	if err != nil {
		return Program{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in nobody's way
	binary := filepath.Join(folder, "program")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", s.LDFlags, "-o", binary, s.Package)
	command.Dir = s.Folder
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOOS="+platform.OS, "GOARCH="+platform.Architecture)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return Program{}, fmt.Errorf("building %s for %s: %w", s.Package, platform, err)
	}
	program, err := os.ReadFile(binary)
	return Program{Binary: program, Platform: platform}, err
}
