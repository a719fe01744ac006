package toolchain

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// fetchAtOnce is how many modules of one group are downloaded at a time. The
// go command would take as many as there are CPUs, which the network has
// nothing to do with.
const fetchAtOnce = "GOMAXPROCS=12"

// fetch downloads what the modules in some folders are made of, all at once.
// What is there already costs nothing.
func (b *Builder) fetch(ctx context.Context, modules []string) (time.Duration, error) {
	var mu sync.Mutex
	var cpu time.Duration
	group, ctx := errgroup.WithContext(ctx)
	for _, dir := range modules {
		group.Go(func() error {
			cmd, err := b.download(ctx, dir)
			if err != nil {
				return err
			}
			_, err = output(cmd)
			mu.Lock()
			defer mu.Unlock()
			cpu += used(cmd)
			if err != nil {
				return fmt.Errorf("fetching the modules of %s: %w", filepath.Base(dir), err)
			}
			return nil
		})
	}
	return cpu, group.Wait()
}

func (b *Builder) download(ctx context.Context, dir string) (*exec.Cmd, error) {
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("reading the pinned versions: %w", err)
	}
	cmd := b.golang(ctx, Group{}, dir, append([]string{"mod", "download"}, modulesIn(sums)...)...)
	cmd.Env = append(cmd.Env, fetchAtOnce)
	return cmd, nil
}

// modulesIn are the modules whose content a go.sum holds the sum of: those that
// are built, and not all that the modules' go.mod files name.
func modulesIn(sums []byte) []string {
	var modules []string
	for lines := bufio.NewScanner(bytes.NewReader(sums)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 3 && !strings.HasSuffix(fields[1], "/go.mod") {
			modules = append(modules, fields[0]+"@"+fields[1])
		}
	}
	return modules
}
