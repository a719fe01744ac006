// Command eddy gives every pull request a preview environment on Kubernetes.
package main

import (
	"context"
	"os"

	"github.com/eddy-previews/eddy/internal/cli"
)

func main() {
	os.Exit(cli.Execute(context.Background(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
}
