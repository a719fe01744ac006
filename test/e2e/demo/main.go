// Command demo sets up a whole system on this machine, Kubernetes, Flux, Gitea and
// Eddy, and plays the life of a preview on it:
//
//	demo                 start, play, and leave it running to play with
//	demo --check         the same unattended and to its end, each step checked
//	demo label 2         CI has built the image of pull request 2
//	demo down            end it
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
