package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/eddy-previews/eddy/test/cluster/internal/image"
	"github.com/eddy-previews/eddy/test/cluster/internal/node"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// ErrNoNode says that a system has no node to give an image to.
var ErrNoNode = errors.New("the system has no node")

// appPort is where the sample app listens by itself.
const appPort = 8080

// revisionLabel is the one of an image that says of which commit it is.
const revisionLabel = "org.opencontainers.image.revision"

// Built is an image as CI would build it: of the sample app, or of a program of
// somebody's own.
type Built struct {
	// Ref is its name.
	Ref string
	// Message is what the page of the sample app says.
	Message string
	// Program is the path of a static program; that of the sample app when empty.
	Program string
	// Revision is the commit that it is of, written on it; nothing when empty.
	Revision string
}

// BuildImage builds an image. One of the system's own registry is pushed there;
// any other is given to the system's node, where pods find it without a registry.
func BuildImage(ctx context.Context, f Folder, of Built, builder *toolchain.Builder) error {
	info, err := system.Load(string(f))
	if err != nil {
		return err
	}
	pushed := info.Registry != nil && strings.HasPrefix(of.Ref, info.Registry.Host+"/")
	if info.Node == nil && !pushed {
		return ErrNoNode
	}
	built := image.Image{Ref: of.Ref, Program: of.Program}
	if of.Program == "" {
		built.Port, built.Env = appPort, []string{"APP_MESSAGE=" + of.Message}
		if built.Program, err = builder.Program(ctx, "app"); err != nil {
			return err
		}
	}
	if of.Revision != "" {
		built.Labels = map[string]string{revisionLabel: of.Revision}
	}
	if pushed {
		return built.Push(ctx)
	}
	return f.give(ctx, built)
}

// ImportArchive gives the system's node an image that is in a tar file, under the
// name that it has there.
func ImportArchive(ctx context.Context, f Folder, tarFile string) error {
	info, err := system.Load(string(f))
	if err != nil {
		return err
	}
	if info.Node == nil {
		return ErrNoNode
	}
	return f.load(ctx, tarFile)
}

// load imports the images of a tar file into the node's containerd.
func (f Folder) load(ctx context.Context, tarFile string) error {
	pid, err := f.nodePID()
	if err != nil {
		return err
	}
	return node.Import(ctx, node.Socket(pid), tarFile)
}

// give imports an image into the node's containerd.
func (f Folder) give(ctx context.Context, built image.Image) error {
	dir, err := os.MkdirTemp("", "eddy-image-")
	if err != nil {
		return fmt.Errorf("making a folder for the image: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	tarFile := filepath.Join(dir, "image.tar")
	if err := built.Write(tarFile); err != nil {
		return err
	}
	return f.load(ctx, tarFile)
}

// nodePID is the process id of the node's process 1.
func (f Folder) nodePID() (int, error) {
	parts, err := f.Parts()
	if err != nil {
		return 0, err
	}
	for _, part := range parts {
		if part.Name == node.Process && part.State == supervise.Ready {
			return part.PID, nil
		}
	}
	return 0, fmt.Errorf("the node does not run any more: see %s, and start the system again", f.path("logs/node.log"))
}
