package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// profiled is how long a piece of work is profiled.
const profiled = time.Minute

// profile does a piece of work again and again, and writes on what the operator spends its
// processor meanwhile, for go tool pprof.
func (t *trial) profile(ctx context.Context, work string, action func(context.Context) error) error {
	var both errgroup.Group
	ended := time.Now().Add(profiled)
	both.Go(func() error { return t.writeProfile(ctx, work) })
	both.Go(func() error {
		for time.Now().Before(ended) {
			if err := errors.Join(action(ctx), pauseFor(ctx, time.Second)); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(both.Wait(), t.rest(ctx))
}

func (t *trial) writeProfile(ctx context.Context, work string) error {
	if err := os.MkdirAll(t.profileIn, 0o750); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d.pprof", strings.ReplaceAll(work, " ", "-"), t.report.previews)
	file, err := os.Create(filepath.Join(t.profileIn, name))
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/debug/pprof/profile?seconds=%d", int(profiled.Seconds()))
	return errors.Join(get(ctx, t.profiles, path, file), file.Close())
}
