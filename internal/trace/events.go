package trace

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/preview"
)

// Events lists the events of the objects, oldest first.
func (m *Members) Events(ctx context.Context) ([]corev1.Event, error) {
	var out []corev1.Event
	for _, namespace := range m.Namespaces() {
		list := &corev1.EventList{}
		if err := m.reader.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing the events in %s: %w", namespace, err)
		}
		for _, one := range list.Items {
			if m.has(one) {
				out = append(out, one)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b corev1.Event) int { return When(a).Compare(When(b)) })
	return out, nil
}

// has reports whether an event is about one of the objects.
func (m *Members) has(event corev1.Event) bool {
	about := event.InvolvedObject
	if !m.known[named{about.Kind, about.Namespace, about.Name}] {
		return false
	}
	return about.Kind != v1.ResourceSetKind || len(m.words) == 0 || mentions(event.Message, m.words)
}

// FollowEvents shows each event that comes after those that were listed, until
// the context ends or something fails.
func (m *Members) FollowEvents(ctx context.Context, listed []corev1.Event, see func(corev1.Event) error) error {
	shown := map[types.UID]string{}
	for _, one := range listed {
		shown[one.UID] = one.ResourceVersion
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	happened := make(chan corev1.Event)
	for _, namespace := range m.Namespaces() {
		m.reader.watch(ctx, watching{
			kind: &corev1.Event{}, list: &corev1.EventList{}, scope: client.ListOptions{Namespace: namespace},
			tell: func(object any) {
				if one, isEvent := object.(*corev1.Event); isEvent {
					select {
					case happened <- *one:
					case <-ctx.Done():
					}
				}
			},
		})
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case one := <-happened:
			if shown[one.UID] == one.ResourceVersion {
				continue
			}
			if !m.has(one) && (!m.joins(ctx, one) || !m.has(one)) {
				continue
			}
			shown[one.UID] = one.ResourceVersion
			if err := see(one); err != nil {
				return err
			}
		}
	}
}

// events gives each node its events, oldest first.
func (r *Reader) events(ctx context.Context, root *diagnose.Node, known owners) {
	for _, namespace := range namespacesOf(root) {
		list := &corev1.EventList{}
		if err := r.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			r.Warn("the events in %s are not known: %s", namespace, err)
			continue
		}
		for _, event := range list.Items {
			if node := known[event.InvolvedObject.UID]; node != nil {
				node.Events = append(node.Events, event)
			}
		}
	}
	Walk(root, func(n *diagnose.Node) {
		slices.SortStableFunc(n.Events, func(a, b corev1.Event) int { return When(a).Compare(When(b)) })
	})
}

// keepEventsOf drops what a set says of its other previews.
func keepEventsOf(set *diagnose.Node, p preview.View) {
	words := wordsFor(p)
	for _, child := range set.Children {
		words = append(words, child.ID.String())
	}
	set.Events = slices.DeleteFunc(set.Events, func(event corev1.Event) bool { return !mentions(event.Message, words) })
}

// When is when an event was last seen.
func When(event corev1.Event) time.Time {
	switch {
	case event.Series != nil && !event.Series.LastObservedTime.IsZero():
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	case !event.EventTime.IsZero():
		return event.EventTime.Time
	default:
		return event.CreationTimestamp.Time
	}
}

// wordsFor are what a ResourceSet calls a preview in its events: by the key of its
// input set, or by the input where a template could not be rendered for it.
func wordsFor(p preview.View) []string {
	words, input := []string{p.Key().String()}, strconv.Quote(p.ID)
	if number, unnamed := strings.CutPrefix(p.ID, "#"); unnamed {
		input = number
	}
	for _, kind := range []string{v1.ResourceSetKind, v1.ResourceSetInputProviderKind} {
		words = append(words, fmt.Sprintf("input %s of %s/%s/%s", input, kind, p.Namespace, p.Provider))
	}
	return words
}

// mentions reports whether a text has one of some names in it as a whole:
// api-prs/12 is not about api-prs/1, and my-api-prs/1 neither.
func mentions(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return mentionsOne(text, word) })
}

func mentionsOne(text, word string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		before, after := text[:from+at], text[from+at+len(word):]
		if !goesOnBefore(before) && !goesOnAfter(after) {
			return true
		}
		from += at + 1
	}
}

// goesOnBefore reports whether a name has begun already where a text ends.
func goesOnBefore(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return isOfName(last) || last == '.'
}

// goesOnAfter reports whether a name goes on where a text begins. A full stop is
// part of it only where more of it follows.
func goesOnAfter(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	if first == '.' {
		first, _ = utf8.DecodeRuneInString(text[size:])
	}
	return isOfName(first)
}

func isOfName(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_/=#", r))
}
