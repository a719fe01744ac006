package preview

import (
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Asked returns the providers that a name without a preview may be about: what
// they say is why the request has none, as when it waits behind a limit.
func (s Snapshot) Asked(name string) []v1.ResourceSetInputProvider {
	at := strings.LastIndex(name, "/")
	if at < 0 {
		return nil
	}
	parts := strings.Split(name[:at], "/")
	var out []v1.ResourceSetInputProvider
	for _, provider := range s.Providers {
		if last := parts[len(parts)-1]; last == provider.Name || last == short(provider.Name) || s.feeds(provider, last) {
			out = append(out, provider)
		}
	}
	return out
}

// feeds reports whether a set that is called so takes inputs from a provider.
func (s Snapshot) feeds(provider v1.ResourceSetInputProvider, name string) bool {
	return slices.ContainsFunc(s.Sets, func(set v1.ResourceSet) bool {
		return set.Namespace == provider.Namespace && (set.Name == name || short(set.Name) == name) && set.RefersTo(&provider)
	})
}
