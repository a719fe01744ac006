package actors

import (
	"context"
	"fmt"
	"time"
)

// Claim is something that will be true.
type Claim struct {
	// What is claimed, as a sentence without its full stop.
	What string
	// Within is the time that it may take.
	Within time.Duration
	// Check returns nil when it is true, or says what is there instead.
	Check func(context.Context) error
}

const (
	// soon is enough for one controller that was told of the change.
	soon = 30 * time.Second
	// later is enough for a chain of them on a busy machine.
	later = 90 * time.Second
	// look is the time between two looks.
	look = 50 * time.Millisecond
)

// Wait returns nil once the claim is true. Otherwise the error says what was
// claimed, what is there instead, and how the objects of the chain are.
func (w *World) Wait(ctx context.Context, claim Claim) error {
	limited, cancel := context.WithTimeout(ctx, claim.Within)
	defer cancel()
	for {
		err := claim.Check(limited)
		if err == nil {
			return nil
		}
		if pause(limited, look); limited.Err() != nil {
			return fmt.Errorf("expected within %s: %s\nbut: %w\n\n%s", claim.Within, claim.What, w.last(ctx, claim, err), w.Diagnose(ctx))
		}
	}
}

// last looks once more, as an answer cut short by the time-out says nothing.
func (w *World) last(ctx context.Context, claim Claim, before error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := claim.Check(ctx); err != nil {
		return err
	}
	return fmt.Errorf("too late (before: %w)", before)
}

// Holds returns nil when the claim is true now and stays true for a while.
func (w *World) Holds(ctx context.Context, claim Claim, during time.Duration) error {
	for end := time.Now().Add(during); time.Now().Before(end); pause(ctx, look) {
		if err := claim.Check(ctx); err != nil {
			return fmt.Errorf("expected throughout %s: %s\nbut: %w\n\n%s", during, claim.What, err, w.Diagnose(ctx))
		}
	}
	return ctx.Err()
}
