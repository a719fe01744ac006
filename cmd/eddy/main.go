// Command eddy gives every pull request a preview environment on Kubernetes.
package main

import (
	"fmt"
	"os"

	"github.com/eddy-previews/eddy/internal/cli"
)

func main() {
	command := cli.New(cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	if err := command.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
