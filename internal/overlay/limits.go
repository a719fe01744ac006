package overlay

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"
)

// Limits are what a build may take. What an overlay comes to cannot be foreseen: a
// replacement may double a value, and the next one double it again.
type Limits struct {
	// Time is how long an overlay may take.
	Time time.Duration
	// Memory is by how many bytes the program may grow.
	Memory uint64
}

// defaultLimits are far from what an overlay takes that people wrote: a second, and
// a hundred MiB.
func defaultLimits() Limits { return Limits{Time: time.Minute, Memory: 1 << 30} }

// lookout is how often somebody looks whether a limit was passed.
const lookout = 10 * time.Millisecond

// ErrLimit says that a build was given up.
var ErrLimit = errors.New("given up")

// watch is the start of what has limits.
type watch struct {
	limits   Limits
	deadline time.Time
	before   uint64
}

func (l Limits) watch() watch {
	return watch{limits: l, deadline: time.Now().Add(l.Time), before: inUse()} //nolint:forbidigo // a build takes real time
}

// passed says which limit was passed.
func (w watch) passed() error {
	if time.Now().After(w.deadline) { //nolint:forbidigo // a build takes real time
		return fmt.Errorf("%w after %s, which is as long as it may take to build an overlay: find out what multiplies in it, such as replacements, patches and ${VARIABLE//X/Y}", ErrLimit, w.limits.Time)
	}
	most := w.before + w.limits.Memory
	if inUse() <= most {
		return nil
	}
	if runtime.GC(); inUse() <= most { // it was garbage
		return nil
	}
	return fmt.Errorf("%w at %d MiB of memory, which is as much as it may take to build overlays: find out what multiplies in it, such as replacements, patches and ${VARIABLE//X/Y}", ErrLimit, w.limits.Memory>>20)
}

// inUse is the memory of values, in bytes, with those that nobody needs any more.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// outcome is what work comes to.
type outcome[T any] struct {
	value T
	err   error
}

// within works within limits. Work that passes one is not waited for, and cannot
// be stopped: the program ought to end. A panic is an error.
func within[T any](w watch, work func() (T, error)) (T, error) {
	var none T
	done := make(chan outcome[T], 1)
	go func() {
		var out outcome[T]
		defer func() { done <- out }()
		defer recovered(&out.err)
		out.value, out.err = work()
	}()
	tick := time.NewTicker(lookout)
	defer tick.Stop()
	for {
		select {
		case out := <-done:
			if err := w.passed(); err != nil {
				return none, err
			}
			return out.value, out.err
		case <-tick.C:
			if err := w.passed(); err != nil {
				return none, err
			}
		}
	}
}

// recovered makes an error of a panic, as kustomize has some for what nobody writes on
// purpose.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("kustomize does not get to the end of it, and does not say where (%v): leave parts out until it builds, and correct the part that it was", cause)
	}
}
