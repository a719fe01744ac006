package report

import "time"

const (
	// conflictDelay is long enough for the watch to bring the fresh object.
	conflictDelay = 100 * time.Millisecond
	// maxMessage bounds a condition's message, in bytes.
	maxMessage = 8 << 10
)
