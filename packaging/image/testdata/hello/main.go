// Command hello is what the tests put into an image.
package main

import (
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
)

func main() { fmt.Println(name.DefaultRegistry) }
