package toolchain

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the lock of a file, waiting for whoever holds it. The kernel
// frees it when its holder ends, however that happens. waiting is called once
// if another holds the lock.
func lock(path string, waiting func()) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		waiting()
		err = flockRetry(int(file.Fd()))
	}
	if err != nil {
		_ = file.Close() // the lock's error is the one to tell
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	// Closing the file frees the lock; there is nothing else to lose.
	return func() { _ = file.Close() }, nil
}

// flockRetry waits for the lock; signals to this process interrupt the wait.
func flockRetry(fd int) error {
	for {
		err := unix.Flock(fd, unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
