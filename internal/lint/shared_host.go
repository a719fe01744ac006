package lint

import (
	"fmt"
	"strings"
)

// sharedHost finds hosts without the number: all previews answer to the same
// name, and which one does is chance.
func sharedHost(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, pair := range service.pairs(service.Samples.First, service.Samples.Second) {
			if service.isOneForAll(pair.a) {
				continue
			}
			for _, leaf := range leaves(pair.a.Object) {
				host, _ := leaf.value.(string)
				if !isHost(leaf.path) || host == "" || strings.HasPrefix(host, "*.") || host != at(pair.b.Object, leaf.path...) {
					continue
				}
				position := pair.a.where(leaf.path...)
				out = append(out, Finding{
					Position: position,
					Message:  fmt.Sprintf("the host %q is that of every preview", host),
					Fix:      pair.a.repair(position, fmt.Sprintf("put the number into it: %s-${PR_NUMBER}.preview.example.com", strings.Split(host, ".")[0])),
				})
			}
		}
	}
	return out
}
