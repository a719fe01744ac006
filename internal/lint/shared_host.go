package lint

import (
	"fmt"
	"strings"
)

// sharedHost finds a host without the number: all previews answer to the same
// name, and which one does is chance.
func sharedHost(v pairValue) *Finding {
	host, _ := v.value.(string)
	if !isHost(v.path) || host == "" || strings.HasPrefix(host, "*.") || host != v.other || v.a.isOneForAll() {
		return nil
	}
	position := v.a.where(v.path...)
	return &Finding{
		Position: position,
		Message:  fmt.Sprintf("the host %q is that of every preview", host),
		Fix:      v.a.repair(position, fmt.Sprintf("put the number into it: %s-${PR_NUMBER}.preview.example.com", strings.Split(host, ".")[0])),
	}
}
