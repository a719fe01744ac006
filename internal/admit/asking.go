package admit

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Asking is on whose behalf, and when, somebody is asked about the requests of a provider.
type Asking struct {
	Provider   types.NamespacedName
	Generation int64
	// Now is the clock.
	Now func() time.Time
	// Interval is that of the provider.
	Interval time.Duration
	// Anew asks for all that is not certain, however short ago it was asked for.
	Anew bool
}

// Memory keeps what was found for each provider, by one of its specs, for all providers
// of a process. One provider is asked about by one run at a time.
type Memory[T any] struct {
	mu    sync.Mutex
	known map[types.NamespacedName]remembered[T]
}

type remembered[T any] struct {
	generation int64
	found      *T
}

// Of returns what was found for a provider; what begin makes where nothing was by this
// spec.
func (m *Memory[T]) Of(a Asking, begin func() *T) *T {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, is := m.known[a.Provider]
	if !is || known.generation != a.Generation {
		known = remembered[T]{a.Generation, begin()}
		if m.known == nil {
			m.known = map[types.NamespacedName]remembered[T]{}
		}
		m.known[a.Provider] = known
	}
	return known.found
}

// Forget is for a provider that is gone or suspended, or of which nothing is known.
func (m *Memory[T]) Forget(name types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, name)
}
