package templater

import (
	"errors"
	"slices"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/render"
)

// problem is a preview, by the key of its input set, and what keeps it from
// being ready.
type problem struct {
	key string
	// reason is for a machine, in one word.
	reason string
	err    error
}

// String names the preview, unless its error does.
func (s problem) String() string {
	var named *render.InputError
	if s.key == "" || errors.As(s.err, &named) {
		return s.err.Error()
	}
	return s.key + ": " + s.err.Error()
}

// problems lists each preview once, in the order in which they were met.
type problems struct {
	list  []problem
	byKey map[string]int
}

func (s *problems) add(one problem) {
	if s.has(one.key) {
		return
	}
	if s.byKey == nil {
		s.byKey = map[string]int{}
	}
	s.byKey[one.key] = len(s.list)
	s.list = append(s.list, one)
}

func (s *problems) addAll(more problems) {
	for _, one := range more.list {
		s.add(one)
	}
}

func (s problems) len() int { return len(s.list) }

func (s problems) has(key string) bool {
	_, ok := s.byKey[key]
	return ok
}

// of returns the problem of a preview, if it has one.
func (s problems) of(key string) (problem, bool) {
	at, ok := s.byKey[key]
	if !ok {
		return problem{}, false
	}
	return s.list[at], true
}

// spares reports whether one of the previews that asked for an object has no
// problem.
func (s problems) spares(o apply.Object) bool {
	return !s.has(o.Group) || slices.ContainsFunc(o.Sharers, func(key string) bool { return !s.has(key) })
}

// without returns the objects that a preview without a problem asks for.
func (s problems) without(objects []apply.Object) []apply.Object {
	if s.len() == 0 {
		return objects
	}
	return slices.DeleteFunc(slices.Clone(objects), func(o apply.Object) bool { return !s.spares(o) })
}
