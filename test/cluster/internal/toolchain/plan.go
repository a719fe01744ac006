package toolchain

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// lanes is how many groups are compiled at a time: while one is linked, which
// one CPU does, another is compiled.
const lanes = 2

// job is one line of a plan.
type job struct {
	name string
	cost int
	run  func(ctx context.Context) (cpu time.Duration, err error)
}

// Build makes sure that all tools of the selections are in the cache.
func (b *Builder) Build(ctx context.Context, wanted ...Selection) error {
	return b.BuildWith(ctx, nil, wanted...)
}

// BuildWith builds, after further steps, the tools of the selections that are
// not in the cache. All that is to be compiled is fetched first, at once.
func (b *Builder) BuildWith(ctx context.Context, steps []Step, wanted ...Selection) error {
	jobs, modules, err := b.plan(wanted)
	if err != nil {
		return err
	}
	if len(jobs)+len(steps) == 0 {
		return nil
	}
	work := newWork(b.Progress, jobs, steps)
	defer work.watch()()
	var first []job
	if len(modules) > 0 {
		first = append(first, job{name: "fetching all modules", run: func(ctx context.Context) (time.Duration, error) { return b.fetch(ctx, modules) }})
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, step := range steps {
		if step.Beside {
			group.Go(func() error { return work.do(ctx, b.step(step)) })
		} else {
			first = append(first, b.step(step))
		}
	}
	group.Go(func() error { return compileAll(ctx, work, first, jobs) })
	if err := group.Wait(); err != nil {
		return err
	}
	work.table()
	return nil
}

// compileAll does one by one what fills the machine by itself, and after it the tools.
func compileAll(ctx context.Context, work *work, first, tools []job) error {
	for _, job := range first {
		if err := work.do(ctx, job); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lanes)
	for _, job := range tools {
		group.Go(func() error { return work.do(ctx, job) })
	}
	return group.Wait()
}

// Has says whether all tools of a selection are in the cache.
func (b *Builder) Has(wanted Selection) (bool, error) {
	jobs, _, err := b.plan([]Selection{wanted})
	return len(jobs) == 0, err
}

// plan says what is missing, and the folders of the modules that it is made of.
func (b *Builder) plan(wanted []Selection) (jobs []job, modules []string, err error) {
	for _, group := range Groups() {
		tools, ok, err := toolsOf(group, wanted)
		if err != nil {
			return nil, nil, err
		}
		dir, err := b.dir(group)
		if err != nil {
			return nil, nil, err
		}
		if !ok || complete(dir, group, tools) {
			continue
		}
		next := job{name: group.Name + " (files)"}
		if left := missing(dir, tools); len(left) > 0 {
			next.name = "compiling " + names(left)
			modules = append(modules, b.module(group))
			for _, tool := range left {
				next.cost += tool.Cost
			}
		}
		next.run = func(ctx context.Context) (time.Duration, error) {
			cpu, err := b.buildGroup(ctx, group, tools)
			if err != nil {
				return cpu, fmt.Errorf("building %s: %w", group.Name, err)
			}
			return cpu, nil
		}
		jobs = append(jobs, next)
	}
	return jobs, modules, nil
}

func (b *Builder) step(step Step) job {
	return job{name: step.Name, cost: step.Cost, run: func(ctx context.Context) (time.Duration, error) {
		cmd := exec.CommandContext(ctx, "/bin/sh", "-c", step.Command)
		cmd.Dir = filepath.Dir(filepath.Dir(b.Source))
		out, err := cmd.CombinedOutput()
		if err != nil {
			return used(cmd), fmt.Errorf("%s (%s): %w: %s", step.Name, step.Command, err, strings.TrimSpace(string(out)))
		}
		return used(cmd), nil
	}}
}
