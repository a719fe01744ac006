package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// act of the checked demo: what is done, and what is then so.
type act struct {
	claim string
	do    func(context.Context) error
}

// playToTheEnd plays the whole demo in a folder of its own, checks each step,
// and takes everything down whatever happens.
func (o *options) playToTheEnd(cmd *cobra.Command) (err error) {
	programs, _, err := o.place(cmd)
	if err != nil {
		return err
	}
	parent := o.dir
	if parent == "" {
		if parent, err = os.MkdirTemp("", "eddy-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()
	}
	dir := filepath.Join(parent, "system")
	guard, err := programs.Guard(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, guard.Release()) }()

	p, err := start(cmd.Context(), programs, dir)
	if err != nil {
		return err
	}
	if err := p.acts(cmd.Context()); err != nil {
		return err
	}
	return p.conclude()
}

// acts plays the demo act by act.
func (p *play) acts(ctx context.Context) error {
	first, err := p.open(ctx, "Add a page")
	if err != nil {
		return err
	}
	second, err := p.open(ctx, "Change the colours")
	if err != nil {
		return err
	}
	for _, act := range []act{
		{"not labelled, not deployed", func(ctx context.Context) error { return p.nothing(ctx, first, second) }},
		{"labelled, deployed", func(ctx context.Context) error { return p.label(ctx, first) }},
		{"the pull request says so itself", func(ctx context.Context) error { return p.told(ctx, first) }},
		{"the other is still not deployed", func(ctx context.Context) error { return p.nothing(ctx, second) }},
		{"a push rolls it out", func(ctx context.Context) error { return p.push(ctx, first) }},
		{"labelled, the other is deployed beside it", func(ctx context.Context) error { return p.label(ctx, second) }},
		{"without its label, it is gone", func(ctx context.Context) error { return p.unlabel(ctx, second) }},
		{"closed, it is gone", func(ctx context.Context) error { return p.close(ctx, first) }},
		{"reopened, it is back", func(ctx context.Context) error { return p.reopen(ctx, first) }},
		{"merged, it is gone", func(ctx context.Context) error { return p.merge(ctx, first) }},
		{"eddy check finds nothing amiss", p.checked},
		{"from the label to the Deployment in time", p.measure},
	} {
		p.print.heading(strings.ToUpper(act.claim[:1]) + act.claim[1:])
		if err := p.narrated(ctx, act.do); err != nil {
			return fmt.Errorf("%s: %w", act.claim, err)
		}
		p.print.line("checked", act.claim)
	}
	return nil
}

// nothing checks that the pull requests have no preview, and get none.
func (p *play) nothing(ctx context.Context, prs ...actors.PullRequest) error {
	for _, pr := range prs {
		if err := p.world.Poll(ctx); err != nil {
			return err
		}
		if err := p.world.Holds(ctx, p.world.Absent(pr), 2*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// checked has eddy check look at all of it.
func (p *play) checked(ctx context.Context) error {
	if err := p.manned(ctx); err != nil {
		return err
	}
	text, err := p.world.Run(ctx, "check")
	p.print.block(text)
	return err
}

// measure prints how long the parts take, for three pull requests.
func (p *play) measure(ctx context.Context) error {
	var all []actors.Times
	for _, title := range []string{"First", "Second", "Third"} {
		pr, err := p.open(ctx, title)
		if err != nil {
			return err
		}
		if err := p.world.BuildImage(ctx, pr, actors.Page(pr)); err != nil {
			return err
		}
		times, err := p.world.Measure(ctx, pr)
		if err != nil {
			return err
		}
		all = append(all, times)
	}
	table := &strings.Builder{}
	if err := actors.PrintTimes(table, all); err != nil {
		return err
	}
	p.print.block(table.String())
	return nil
}

// conclude says what was checked, and what could not be.
func (p *play) conclude() error {
	p.print.heading("Every step was checked, and held.")
	for _, missing := range p.world.System.Missing {
		p.print.line("missing", missing)
	}
	return nil
}
