// Package lru keeps values up to a total size.
package lru

import (
	"container/list"
	"sync"
)

// Cache keeps values up to a total size. What was read longest ago goes first.
type Cache[K comparable, V any] struct {
	// Dropped is told what makes room for something else; nil tells nobody.
	Dropped func(K)

	max   int
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

// New returns an empty cache that holds values of so much together.
func New[K comparable, V any](most int) *Cache[K, V] {
	return &Cache[K, V]{max: most, known: map[K]*list.Element{}, order: list.New()}
}

// Get returns a value, if it is there.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.known[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(element)
	return element.Value.(entry[K, V]).value, true
}

// Put stores a value of a size in the place of the one before, unless it is
// larger than all may be together.
func (c *Cache[K, V]) Put(key K, value V, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(c.known[key])
	if size > c.max {
		return
	}
	c.known[key] = c.order.PushFront(entry[K, V]{key, value, size})
	c.size += size
	for c.size > c.max {
		last := c.order.Back()
		c.drop(last)
		if c.Dropped != nil {
			c.Dropped(last.Value.(entry[K, V]).key)
		}
	}
}

// All returns what is there now.
func (c *Cache[K, V]) All() map[K]V {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[K]V, len(c.known))
	for key, element := range c.known {
		out[key] = element.Value.(entry[K, V]).value
	}
	return out
}

func (c *Cache[K, V]) drop(element *list.Element) {
	if element == nil {
		return
	}
	gone := c.order.Remove(element).(entry[K, V])
	delete(c.known, gone.key)
	c.size -= gone.size
}
