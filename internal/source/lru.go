package source

import (
	"container/list"
	"sync"
)

// lru keeps values up to a total size. What was read longest ago goes first.
type lru[K comparable, V any] struct {
	max int
	// dropped is told what makes room for something else; nil tells nobody.
	dropped func(K)

	mu    sync.Mutex
	size  int
	known map[K]*list.Element
	order *list.List // of entries, the latest first
}

type entry[K comparable, V any] struct {
	key   K
	value V
	size  int
}

func newLRU[K comparable, V any](most int) *lru[K, V] {
	return &lru[K, V]{max: most, known: map[K]*list.Element{}, order: list.New()}
}

func (l *lru[K, V]) get(key K) (value V, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.known[key]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(element)
	return element.Value.(entry[K, V]).value, true
}

// put stores a value of a size in the place of the one before, unless it is
// larger than all may be together.
func (l *lru[K, V]) put(key K, value V, size int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(l.known[key])
	if size > l.max {
		return
	}
	l.known[key] = l.order.PushFront(entry[K, V]{key, value, size})
	l.size += size
	for l.size > l.max {
		last := l.order.Back()
		l.drop(last)
		if l.dropped != nil {
			l.dropped(last.Value.(entry[K, V]).key)
		}
	}
}

// all returns what is there now.
func (l *lru[K, V]) all() map[K]V {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[K]V, len(l.known))
	for key, element := range l.known {
		out[key] = element.Value.(entry[K, V]).value
	}
	return out
}

func (l *lru[K, V]) drop(element *list.Element) {
	if element == nil {
		return
	}
	gone := l.order.Remove(element).(entry[K, V])
	delete(l.known, gone.key)
	l.size -= gone.size
}
