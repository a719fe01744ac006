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
	// Aside says that nobody waits for what is built: it is compiled with the time
	// that the rest of the machine leaves.
	Aside bool
}

// Step is a piece of work that is done along with the tools, before them.
type Step struct {
	Name string
	// Command is for a shell, in the folder of the checkout.
	Command string
	// Cost is as that of a Tool.
	Cost int
	// Beside says that the step waits for the network more than it computes: it is
	// done while all else is fetched and compiled.
	Beside bool
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
			return nil, false, fmt.Errorf("unknown selection %q: want one of %v", selection, Selections())
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
	paths, err := filepath.Glob(filepath.Join(b.module(group), "*.go"))
	if err != nil {
		return "", err
	}
	var files []string
	for _, path := range append(paths, filepath.Join(b.module(group), "go.mod"), filepath.Join(b.module(group), "go.sum")) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("reading the pinned versions of %s: %w", group.Name, err)
		}
		files = append(files, filepath.Base(path), string(content))
	}
	return filepath.Join(b.Root(), group.Name+"-"+key(files, group)), nil
}

func (b *Builder) module(group Group) string {
	return filepath.Join(b.Source, "tools", group.Name)
}

// buildGroup compiles what is missing of a group's tools, and says how much of
// the CPUs that took.
func (b *Builder) buildGroup(ctx context.Context, group Group, tools []Tool) (time.Duration, error) {
	dir, err := b.dir(group)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return 0, err
	}
	unlock, err := lock(dir+".lock", func() {
		b.Progress.Line("%s: another build is at it, waiting", group.Name)
	})
	if err != nil {
		return 0, err
	}
	defer unlock()
	cpu, err := b.compile(ctx, group, missing(dir, tools), dir)
	if err != nil {
		return cpu, err
	}
	for _, files := range group.Files {
		if err := b.extract(ctx, group, files, dir); err != nil {
			return cpu, err
		}
	}
	return cpu, nil
}

// missing are the tools that are not in a group's folder, under all their names.
func missing(dir string, tools []Tool) []Tool {
	var wanted []Tool
	for _, tool := range tools {
		there := exists(filepath.Join(dir, tool.Name))
		for _, link := range tool.Links {
			there = there && exists(filepath.Join(dir, link))
		}
		if !there {
			wanted = append(wanted, tool)
		}
	}
	return wanted
}

// complete says whether all that is wanted of a group is in its folder.
func complete(dir string, group Group, tools []Tool) bool {
	if len(missing(dir, tools)) > 0 {
		return false
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

// compile builds tools with one command, so that one is compiled while another
// is linked, and puts each into its place in one step.
func (b *Builder) compile(ctx context.Context, group Group, tools []Tool, dir string) (time.Duration, error) {
	if len(tools) == 0 {
		return 0, nil
	}
	temp, err := os.MkdirTemp(dir, "new-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(temp) }() // a temporary folder
	args := append(append([]string{"build"}, group.flags()...), "-o", temp+"/")
	for _, tool := range tools {
		args = append(args, tool.Package)
	}
	cmd := b.golang(ctx, group, b.module(group), args...)
	if _, err := output(cmd); err != nil {
		return used(cmd), fmt.Errorf("compiling %s: %w", names(tools), err)
	}
	for _, tool := range tools {
		if err := os.Rename(filepath.Join(temp, tool.Name), filepath.Join(dir, tool.Name)); err != nil {
			return used(cmd), err
		}
		for _, link := range tool.Links {
			// One that is there leads to the same file.
			if err := os.Symlink(tool.Name, filepath.Join(dir, link)); err != nil && !os.IsExist(err) {
				return used(cmd), err
			}
		}
	}
	return used(cmd), nil
}

func names(tools []Tool) string {
	var all []string
	for _, tool := range tools {
		all = append(all, tool.Name)
	}
	return strings.Join(all, ", ")
}

// used is the CPU time of a command that has ended, and of what it has run.
func used(cmd *exec.Cmd) time.Duration {
	if cmd.ProcessState == nil {
		return 0
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
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
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			return err
		}
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
	out, err := output(b.golang(ctx, group, b.module(group), "mod", "download", "-json", module))
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

// golang is the go command for a group in a folder, untouched by the caller's
// workspace and flags.
func (b *Builder) golang(ctx context.Context, group Group, dir string, args ...string) *exec.Cmd {
	command := append([]string{"go"}, args...)
	if b.Aside {
		command = append([]string{"nice", "-n", "19"}, command...)
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cgoEnabled := "CGO_ENABLED=0"
	if group.Cgo {
		cgoEnabled = "CGO_ENABLED=1"
	}
	// The compiler lives for seconds: to collect garbage less often pays. What
	// C there is (SQLite) is not worth optimising long.
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOGC=400", "CGO_CFLAGS=-O1 -g0", cgoEnabled)
	return cmd
}

// output runs a command and returns what it prints; what was to be done is for
// the caller to say.
func output(cmd *exec.Cmd) ([]byte, error) {
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return out, err
}
