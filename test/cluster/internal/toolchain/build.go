package toolchain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
)

// Builder builds groups of tools from Source (the folder test/cluster) into
// Cache.
type Builder struct {
	Source   string
	Cache    string
	Progress *progress.Printer
}

// NewBuilder makes a builder for this checkout and this user's cache.
func NewBuilder(p *progress.Printer) (*Builder, error) {
	source, err := SourceRoot()
	if err != nil {
		return nil, err
	}
	cache, err := CacheRoot()
	if err != nil {
		return nil, err
	}
	return &Builder{Source: source, Cache: cache, Progress: p}, nil
}

// Root is the folder that holds all groups' folders.
func (b *Builder) Root() string { return filepath.Join(b.Cache, "tools") }

// Build makes sure that all tools of the selections are in the cache.
func (b *Builder) Build(ctx context.Context, wanted ...Selection) error {
	for _, group := range Groups() {
		tools, ok, err := toolsOf(group, wanted)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := b.buildGroup(ctx, group, tools); err != nil {
			return fmt.Errorf("building %s: %w", group.Name, err)
		}
	}
	return nil
}

// toolsOf picks those tools of a group that the selections ask for. ok is
// false where they ask for nothing of it, not even its files.
func toolsOf(group Group, wanted []Selection) (tools []Tool, ok bool, err error) {
	names := map[string]bool{}
	for _, selection := range wanted {
		if selection == All {
			return group.Tools, true, nil
		}
		groups, known := selections()[selection]
		if !known {
			return nil, false, fmt.Errorf("unknown selection %q: one of all, control-plane, flux, gitea, node, assets", selection)
		}
		asked, has := groups[group.Name]
		ok = ok || has
		for _, name := range asked {
			names[name] = true
		}
	}
	for _, tool := range group.Tools {
		if names[tool.Name] {
			tools = append(tools, tool)
		}
	}
	return tools, ok, nil
}

// Dir is the folder of a group in the cache, whether it is built or not.
func (b *Builder) Dir(name string) (string, error) {
	for _, group := range Groups() {
		if group.Name == name {
			return b.dir(group)
		}
	}
	return "", fmt.Errorf("no group of tools is called %q", name)
}

// Tool is the path of a program of a group.
func (b *Builder) Tool(group, tool string) (string, error) {
	dir, err := b.Dir(group)
	return filepath.Join(dir, tool), err
}

func (b *Builder) dir(group Group) (string, error) {
	module := b.module(group)
	goMod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("reading the pinned versions of %s: %w", group.Name, err)
	}
	goSum, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("reading the pinned versions of %s: %w", group.Name, err)
	}
	return filepath.Join(b.Root(), group.Name+"-"+key(goMod, goSum, group)), nil
}

func (b *Builder) module(group Group) string {
	return filepath.Join(b.Source, "tools", group.Name)
}

func (b *Builder) buildGroup(ctx context.Context, group Group, tools []Tool) error {
	dir, err := b.dir(group)
	if err != nil {
		return err
	}
	if complete(dir, group, tools) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	unlock, err := lock(dir+".lock", func() {
		b.Progress.Line("%s: another build is at it, waiting", group.Name)
	})
	if err != nil {
		return err
	}
	defer unlock()
	for _, tool := range tools {
		if err := b.compile(ctx, group, tool, dir); err != nil {
			return err
		}
	}
	for _, files := range group.Files {
		if err := b.extract(ctx, group, files, dir); err != nil {
			return err
		}
	}
	return nil
}

// complete says whether all that is wanted of a group is in its folder.
func complete(dir string, group Group, tools []Tool) bool {
	for _, tool := range tools {
		if !exists(filepath.Join(dir, tool.Name)) {
			return false
		}
	}
	for _, files := range group.Files {
		for _, to := range files.Folders {
			if !exists(filepath.Join(dir, to)) {
				return false
			}
		}
	}
	return true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (b *Builder) compile(ctx context.Context, group Group, tool Tool, dir string) error {
	target := filepath.Join(dir, tool.Name)
	if exists(target) {
		return nil
	}
	b.Progress.Line("compiling %s", tool.Name)
	began := time.Now()
	defer b.Progress.Watch("compiling " + tool.Name)()
	temp := fmt.Sprintf("%s.%d.tmp", target, os.Getpid())
	defer func() { _ = os.Remove(temp) }() // gone after the rename; left over otherwise
	args := append(append([]string{"build"}, group.flags()...), "-o", temp, tool.Package)
	if _, err := b.golang(ctx, group, b.module(group), args...); err != nil {
		return fmt.Errorf("compiling %s: %w", tool.Name, err)
	}
	if err := os.Rename(temp, target); err != nil {
		return err
	}
	b.Progress.Line("compiled %s in %s", tool.Name, time.Since(began).Round(time.Second))
	return nil
}

// extract copies folders out of a module, so that a running system does not
// depend on Go's module cache.
func (b *Builder) extract(ctx context.Context, group Group, files Files, dir string) error {
	var missing []string
	for from, to := range files.Folders {
		if !exists(filepath.Join(dir, to)) {
			missing = append(missing, from)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	module, err := b.moduleDir(ctx, group, files.Module)
	if err != nil {
		return err
	}
	for _, from := range missing {
		target := filepath.Join(dir, files.Folders[from])
		temp := fmt.Sprintf("%s.%d.tmp", target, os.Getpid())
		if err := copyFolder(filepath.Join(module, from), temp); err != nil {
			return fmt.Errorf("copying %s out of %s: %w", from, files.Module, err)
		}
		if err := os.Rename(temp, target); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) moduleDir(ctx context.Context, group Group, module string) (string, error) {
	out, err := b.golang(ctx, group, b.module(group), "mod", "download", "-json", module)
	if err != nil {
		return "", fmt.Errorf("downloading %s: %w", module, err)
	}
	var answer struct{ Dir, Error string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return "", fmt.Errorf("reading what go mod download says of %s: %w", module, err)
	}
	if answer.Dir == "" {
		return "", fmt.Errorf("downloading %s: %s", module, answer.Error)
	}
	return answer.Dir, nil
}

// golang runs the go command for a group in a folder, untouched by the caller's
// workspace and flags, and returns what it prints.
func (b *Builder) golang(ctx context.Context, group Group, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cgoEnabled := "CGO_ENABLED=0"
	if group.Cgo {
		cgoEnabled = "CGO_ENABLED=1"
	}
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", cgoEnabled)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	return out, err
}
