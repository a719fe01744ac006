// Command pause waits for SIGTERM. It is the program of the image that holds a
// pod's namespaces open.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	// With a shared process namespace this is process 1, and reaps orphans:
	// a parent that ignores SIGCHLD leaves no zombies.
	signal.Ignore(syscall.SIGCHLD)
	<-stop
}
