package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Marker is the environment variable that names the system's folder in each
// of its processes, by which Leftovers finds them.
const Marker = "EDDY_SYSTEM_DIR"

// Supervisor runs the processes of the system in Dir.
type Supervisor struct {
	dir     string
	changed func([]Part)
	starts  chan start

	// gate is held for reading while a process is being started, so that Stop,
	// which closes it, knows of every process there is.
	gate     sync.RWMutex
	stopping bool // guarded by gate

	mu        sync.Mutex
	processes []*process
}

var errStopping = errors.New("the system is being taken down")

// start asks the one thread that starts processes to start one.
type start struct {
	process *process
	done    chan error
}

// New makes a supervisor for the system in dir, whose logs go to dir/logs.
// changed is called, one call at a time, whenever a process changes its state.
func New(dir string, changed func([]Part)) (*Supervisor, error) {
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o750); err != nil {
		return nil, fmt.Errorf("making the folder of the logs: %w", err)
	}
	s := &Supervisor{dir: dir, changed: changed, starts: make(chan start)}
	go s.startThread()
	return s, nil
}

// startThread starts all processes from one thread that lives as long as the
// supervisor: Pdeathsig fires when the thread that started a process ends,
// not when its process does.
func (s *Supervisor) startThread() {
	runtime.LockOSThread()
	for request := range s.starts {
		request.done <- request.process.spawn()
	}
}

// Start starts a process and waits until it is ready.
func (s *Supervisor) Start(ctx context.Context, spec Spec) error {
	p := &process{
		spec:   spec,
		marker: Marker + "=" + s.dir,
		log:    s.Log(spec.Name),
		part:   Part{Name: spec.Name, State: Starting, Address: spec.Address},
	}
	s.mu.Lock()
	s.processes = append(s.processes, p)
	s.mu.Unlock()
	if err := s.launch(p); err != nil {
		return fmt.Errorf("starting %s: %w", spec.Name, err)
	}
	if spec.Started != nil {
		if err := spec.Started(ctx, p.pid()); err != nil {
			return fmt.Errorf("starting %s: %w", spec.Name, err)
		}
	}
	if err := p.awaitReady(ctx); err != nil {
		// The first one to fail is the one to tell of; those that fail because
		// everything is being taken down are not.
		s.update(p, func(part *Part) { part.Note = err.Error() })
		return fmt.Errorf("%s did not become ready: %w%s", spec.Name, err, Tail(p.log))
	}
	s.update(p, func(part *Part) { part.State = spec.settled() })
	go s.keep(context.WithoutCancel(ctx), p)
	return nil
}

// Log is the path of the log of a process.
func (s *Supervisor) Log(name string) string {
	return filepath.Join(s.dir, "logs", name+".log")
}

// PID is the process id of a process, 0 if there is none.
func (s *Supervisor) PID(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.processes {
		if p.spec.Name == name {
			return p.part.PID
		}
	}
	return 0
}

func (s *Supervisor) launch(p *process) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.stopping {
		return errStopping
	}
	request := start{process: p, done: make(chan error, 1)}
	s.starts <- request
	if err := <-request.done; err != nil {
		return err
	}
	s.update(p, func(part *Part) { part.PID = p.pid() })
	return nil
}

// keep starts a process again whenever it ends.
func (s *Supervisor) keep(ctx context.Context, p *process) {
	var pause time.Duration
	for began := time.Now(); ; {
		<-p.exited
		if s.isStopping() {
			return
		}
		reason := p.exitReason()
		if p.spec.Once {
			s.update(p, func(part *Part) { part.State, part.PID, part.Note = Ended, 0, reason })
			return
		}
		pause = pauseAfter(time.Since(began), pause)
		s.update(p, func(part *Part) {
			part.State, part.PID, part.Note = Waiting, 0, reason
			part.Restarts++
		})
		time.Sleep(pause)
		began = time.Now()
		s.update(p, func(part *Part) { part.State = Starting })
		if err := s.launch(p); err != nil {
			s.update(p, func(part *Part) { part.State, part.Note = Ended, err.Error() })
			return
		}
		if err := p.awaitReady(ctx); err != nil {
			s.update(p, func(part *Part) { part.Note = err.Error() })
			continue
		}
		s.update(p, func(part *Part) { part.State, part.Note = p.spec.settled(), "" })
	}
}

func (s *Supervisor) isStopping() bool {
	s.gate.RLock()
	defer s.gate.RUnlock()
	return s.stopping
}

// update changes what others see of a process, and tells them.
func (s *Supervisor) update(p *process, change func(*Part)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&p.part)
	parts := make([]Part, 0, len(s.processes))
	for _, each := range s.processes {
		parts = append(parts, each.part)
	}
	s.changed(parts)
}

// Stop ends all processes, the last one first, each with time to end well.
func (s *Supervisor) Stop() {
	s.gate.Lock()
	s.stopping = true
	s.gate.Unlock()
	s.mu.Lock()
	processes := s.processes
	s.mu.Unlock()
	for i := len(processes) - 1; i >= 0; i-- {
		processes[i].stop()
	}
}

// StopOne ends one process for good; it stays in the list, as ended.
func (s *Supervisor) StopOne(name, note string) {
	s.mu.Lock()
	var found *process
	for _, p := range s.processes {
		if p.spec.Name == name {
			found = p
		}
	}
	s.mu.Unlock()
	if found == nil {
		return
	}
	found.stop()
	s.update(found, func(part *Part) { part.State, part.PID, part.Note = Ended, 0, note })
}

// stop asks a process and its group to end, and makes them.
func (p *process) stop() {
	pid := p.pid()
	if pid == 0 {
		return
	}
	// A process that is gone cannot be signalled, and need not be.
	_ = syscall.Kill(-pid, syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(stopTimeout):
	}
	// What is left of the group ends here, also where its leader has ended.
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	<-p.exited
}
